/** Random equalisers: a few second-order sections (Bristow-Johnson's audio EQ cookbook). */
import type { Random } from "./random.ts";
import { type StereoSamples, silence } from "./stereo.ts";

const SAMPLE_RATE = 44100;

export interface Band {
  readonly kind: "low-shelf" | "high-shelf" | "peak";
  /** Centre or corner, Hz. */
  readonly frequency: number;
  /** dB. */
  readonly gain: number;
  /** Width of a peak: centre over bandwidth; of a shelf: steepness, 0.707 without overshoot. */
  readonly quality: number;
}

/** A section's coefficients, the leading one of the feedback part being 1. */
interface Section {
  readonly b: readonly [number, number, number];
  readonly a: readonly [number, number];
}

/** A low shelf, a high shelf and a peak, each of up to ±`range` dB. */
export function randomBands(random: Random, range: number): readonly Band[] {
  const between = (low: number, high: number) => low * (high / low) ** random.uniform();
  const gain = () => random.uniform(-range, range);
  return [
    { kind: "low-shelf", frequency: between(60, 400), gain: gain(), quality: Math.SQRT1_2 },
    { kind: "peak", frequency: between(300, 5000), gain: gain(), quality: between(0.4, 2) },
    { kind: "high-shelf", frequency: between(2500, 12000), gain: gain(), quality: Math.SQRT1_2 },
  ];
}

/** Filters two channels; the filters start at rest. */
export function equalise(input: StereoSamples, bands: readonly Band[]): StereoSamples {
  return bands.reduce((signal, band) => filter(signal, section(band)), input);
}

/** Transposed direct form II, in double; both channels at once, since each waits for its last sample. */
function filter([left, right]: StereoSamples, { b, a }: Section): StereoSamples {
  const [b0, b1, b2] = b;
  const [a1, a2] = a;
  const [outLeft, outRight] = silence(left.length);
  let [l1, l2, r1, r2] = [0, 0, 0, 0];
  for (let i = 0; i < left.length; i++) {
    const l = left[i];
    const r = right[i];
    const yl = b0 * l + l1;
    const yr = b0 * r + r1;
    l1 = b1 * l - a1 * yl + l2;
    r1 = b1 * r - a1 * yr + r2;
    l2 = b2 * l - a2 * yl;
    r2 = b2 * r - a2 * yr;
    outLeft[i] = yl;
    outRight[i] = yr;
  }
  return [outLeft, outRight];
}

function section({ kind, frequency, gain, quality }: Band): Section {
  const w = (2 * Math.PI * frequency) / SAMPLE_RATE;
  const cosine = Math.cos(w);
  const alpha = Math.sin(w) / (2 * quality);
  const root = 10 ** (gain / 40);
  if (kind === "peak") {
    const a0 = 1 + alpha / root;
    return {
      b: [(1 + alpha * root) / a0, (-2 * cosine) / a0, (1 - alpha * root) / a0],
      a: [(-2 * cosine) / a0, (1 - alpha / root) / a0],
    };
  }
  // The high shelf is the low one with the sign of the cosine turned.
  const sign = kind === "low-shelf" ? 1 : -1;
  const c = sign * cosine;
  const beta = 2 * Math.sqrt(root) * alpha;
  const up = root + 1;
  const down = root - 1;
  const a0 = up + down * c + beta;
  return {
    b: [
      (root * (up - down * c + beta)) / a0,
      (sign * 2 * root * (down - up * c)) / a0,
      (root * (up - down * c - beta)) / a0,
    ],
    a: [(sign * -2 * (down + up * c)) / a0, (up + down * c - beta) / a0],
  };
}
