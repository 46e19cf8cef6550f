/**
 * Longer or shorter at the same pitch: waveform-similarity overlap-add (Verhelst, Roelands 1993). Pieces of the input
 * are laid at an even distance, each taken from where it continues the one before best.
 */
import { eachChannel, type StereoSamples } from "./stereo.ts";

/** Length of a piece, and how far pieces lie apart in the result, samples at 44.1 kHz (46 and 23 ms). */
const FRAME = 2048;
const HOP = FRAME / 2;
/** How far from its ideal place a piece may be taken. */
const SEARCH = 512;
/** The coarse search steps by this much and looks at every fourth sample. */
const COARSE = 8;

/** Input samples that {@link stretch} reads for `samples` of output. */
export function samplesForStretch(samples: number, tempo: number): number {
  return Math.ceil(samples * tempo) + FRAME + 2 * SEARCH;
}

const window = Float32Array.from(
  { length: FRAME },
  (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / FRAME),
);

/**
 * Changes the tempo of a signal; a tempo above 1 is faster. Both channels are cut at the same places.
 *
 * @param input at least {@link samplesForStretch} samples; beyond its end it is silent
 * @param tempo 0.5 to 2
 * @param samples length of the result
 */
export function stretch(input: StereoSamples, tempo: number, samples: number): StereoSamples {
  if (tempo === 1) return eachChannel(input, (channel) => channel.slice(0, samples));
  const mono = input[0].map((left, i) => left + input[1][i]);
  const starts: number[] = [];
  let previous = 0;
  // Piece k is centred on k·HOP of the result and, about, on k·HOP·tempo of the input.
  for (let k = 0; k * HOP < samples + HOP; k++) {
    const ideal = Math.round(k * HOP * tempo) - HOP;
    // What followed the last piece is what would continue it without a seam.
    const start = k === 0 ? -HOP : bestStart(mono, previous + HOP, ideal);
    starts.push(start);
    previous = start;
  }
  return eachChannel(input, (channel) => {
    const out = new Float32Array(samples);
    for (const [k, start] of starts.entries()) {
      const to = k * HOP - HOP;
      const first = Math.max(0, -to, -start);
      const last = Math.min(FRAME, samples - to, channel.length - start);
      for (let i = first; i < last; i++) out[to + i] += window[i] * channel[start + i];
    }
    return out;
  });
}

/** Start within the search range around `ideal` at which the signal is most like that at `wanted`. */
function bestStart(signal: Float32Array, wanted: number, ideal: number): number {
  const coarse = search(signal, wanted, ideal, SEARCH, COARSE, 4);
  return search(signal, wanted, coarse, COARSE - 1, 1, 1);
}

function search(
  signal: Float32Array,
  wanted: number,
  around: number,
  reach: number,
  step: number,
  stride: number,
): number {
  let best = around;
  let highest = Number.NEGATIVE_INFINITY;
  for (let offset = -reach; offset <= reach; offset += step) {
    const likeness = similarity(signal, wanted, around + offset, stride);
    if (likeness > highest) {
      highest = likeness;
      best = around + offset;
    }
  }
  return best;
}

/** Normalised correlation of the halves that will overlap. */
function similarity(signal: Float32Array, a: number, b: number, stride: number): number {
  const first = Math.max(0, -a, -b);
  const last = Math.min(HOP, signal.length - a, signal.length - b);
  let product = 0;
  let energy = 1e-9;
  for (let i = first; i < last; i += stride) {
    product += signal[a + i] * signal[b + i];
    energy += signal[b + i] * signal[b + i];
  }
  return product / Math.sqrt(energy);
}
