/** A band's gammatone filter: its carrier, pole and gain. */
import { centreFrequencies, gammatonePole } from "../cochlea.ts";
import { MODEL_RATE } from "../modelRate.ts";

/** Samples between two exact turns of a carrier. */
const TURN = 256;

/** e^{−iθn} of a band. @param out pairs (re, im). */
export function turnCarrier(band: number, out: Float64Array): void {
  const theta = (2 * Math.PI * centreFrequencies[band]) / MODEL_RATE;
  const [cos, sin] = [Math.cos(theta), Math.sin(theta)];
  const count = out.length / 2;
  for (let from = 0; from < count; from += TURN) {
    let [x, y] = [Math.cos(theta * from), -Math.sin(theta * from)];
    const end = Math.min(count, from + TURN);
    for (let n = from; n < end; n++) {
      out[2 * n] = x;
      out[2 * n + 1] = y;
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
