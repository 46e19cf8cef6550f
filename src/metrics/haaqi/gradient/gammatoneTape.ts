/** A gammatone filter forward, with what the way back needs, and the way back. */
import { centreFrequencies, gammatonePole } from "../cochlea.ts";
import { MODEL_RATE } from "../modelRate.ts";

/** Complex numbers over time. */
export interface ComplexSignal {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/** Samples between two exact turns of a carrier. */
const TURN = 256;

/** e^{−iθn} of a band: into `out`. */
export function turnCarrier(band: number, { re, im }: ComplexSignal): void {
  const theta = (2 * Math.PI * centreFrequencies[band]) / MODEL_RATE;
  const [cos, sin] = [Math.cos(theta), Math.sin(theta)];
  for (let from = 0; from < re.length; from += TURN) {
    let [x, y] = [Math.cos(theta * from), -Math.sin(theta * from)];
    const end = Math.min(re.length, from + TURN);
    for (let n = from; n < end; n++) {
      re[n] = x;
      im[n] = y;
      const turned = x * cos + y * sin;
      y = y * cos - x * sin;
      x = turned;
    }
  }
}

/** A filter of a band at some width. */
export interface Gammatone {
  readonly pole: number;
  readonly gain: number;
}

/** Pole and gain of a band's filter. */
export function gammatone(band: number, width: number): Gammatone {
  const pole = gammatonePole(band, width);
  return { pole, gain: (2 * (1 - pole) ** 4) / (1 + 4 * pole + 4 * pole * pole) };
}

/** Derivative of the gain by the pole. */
export function gainByPole({ pole: a, gain }: Gammatone): number {
  return gain * (-4 / (1 - a) - (4 + 8 * a) / (1 + 4 * a + 4 * a * a));
}

/** Four one-poles on the signal times the carrier: into `poles`. */
export function runPoles(
  signal: Float64Array,
  carrier: ComplexSignal,
  { pole: a }: Gammatone,
  poles: ComplexSignal,
): void {
  for (const [turn, out] of [
    [carrier.re, poles.re],
    [carrier.im, poles.im],
  ] as const) {
    let [p1, p2, p3, p4] = [0, 0, 0, 0];
    for (let n = 0; n < signal.length; n++) {
      p1 = signal[n] * turn[n] + a * p1;
      p2 = p1 + a * p2;
      p3 = p2 + a * p3;
      p4 = p3 + a * p4;
      out[n] = p4;
    }
  }
}

/** The numerator, 1 + 4a z⁻¹ + 4a² z⁻², on the poles' output: into `out`. */
export function runZeros({ pole: a }: Gammatone, poles: ComplexSignal, out: ComplexSignal): void {
  const [c1, c2] = [4 * a, 4 * a * a];
  for (const [p, u] of [
    [poles.re, out.re],
    [poles.im, out.im],
  ] as const) {
    let [before, earlier] = [0, 0];
    for (let n = 0; n < p.length; n++) {
      const here = p[n];
      u[n] = here + c1 * before + c2 * earlier;
      earlier = before;
      before = here;
    }
  }
}

/**
 * The way back through both: adds to the gradient by the signal.
 * @param byOutput gradient by what {@link runZeros} gave.
 * @returns the gradient by the pole, the gain left out.
 */
export function gammatoneBack(
  { pole: a }: Gammatone,
  carrier: ComplexSignal,
  poles: ComplexSignal,
  byOutput: ComplexSignal,
  bySignal: Float64Array,
): number {
  const [c1, c2] = [4 * a, 4 * a * a];
  let byPole = 0;
  for (const [turn, p, g] of [
    [carrier.re, poles.re, byOutput.re],
    [carrier.im, poles.im, byOutput.im],
  ] as const) {
    let [g1, g2, l1, l2, l3, l4] = [0, 0, 0, 0, 0, 0];
    for (let n = p.length - 1; n >= 0; n--) {
      const here = g[n];
      const before = n > 0 ? p[n - 1] : 0;
      const earlier = n > 1 ? p[n - 2] : 0;
      l1 = here + c1 * g1 + c2 * g2 + a * l1;
      l2 = l1 + a * l2;
      l3 = l2 + a * l3;
      l4 = l3 + a * l4;
      // Each of the four poles contributes as much as the last one.
      byPole += 4 * l1 * before + here * (4 * before + 8 * a * earlier);
      bySignal[n] += l4 * turn[n];
      g2 = g1;
      g1 = here;
    }
  }
  return byPole;
}
