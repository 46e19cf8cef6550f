/** The middle ear: a band-pass of 350 to 5000 Hz. */
import type { Samples } from "../bss/correlations.ts";
import { MODEL_RATE } from "./modelRate.ts";
import { highPass, lowPass } from "./recursive.ts";

const low = lowPass(5000, MODEL_RATE);
const high = highPass(350, MODEL_RATE);

/** Hears a signal at 24 kHz piece by piece. */
export class MiddleEar {
  #low = 0;
  #first = 0;
  #second = 0;

  /** The next piece. @param out as long as the signal. */
  run(signal: Samples, out: Samples): void {
    const [b0, b1] = low.b;
    const a1 = low.a[1];
    const [c0, c1, c2] = high.b;
    const [, d1, d2] = high.a;
    let [l, s, t] = [this.#low, this.#first, this.#second];
    for (let n = 0; n < signal.length; n++) {
      const x = signal[n];
      const y = b0 * x + l;
      l = b1 * x - a1 * y;
      const z = c0 * y + s;
      s = c1 * y - d1 * z + t;
      t = c2 * y - d2 * z;
      out[n] = z;
    }
    this.#low = l;
    this.#first = s;
    this.#second = t;
  }
}

/** A whole signal. */
export function middleEar(signal: Samples): Float64Array {
  const out = new Float64Array(signal.length);
  new MiddleEar().run(signal, out);
  return out;
}
