/** A second of music made up on the spot, separated. */
import { RuntimeError, XumxError } from "../errors.ts";
import { targets } from "../networks/index.ts";
import type { RuntimeReport, Separator, StereoBlock } from "../separation/index.ts";

export type SelfTest =
  | {
      readonly passed: true;
      readonly runtime: RuntimeReport["name"];
      readonly device: RuntimeReport["device"];
      /** Seconds to load the model, and to separate. */
      readonly loading: number;
      readonly separating: number;
      /** How well the sum of the stems agrees with the mix. */
      readonly decibels: number;
    }
  | { readonly passed: false; readonly reason: string; readonly hint: string | undefined };

const RATE = 44100;

/** Opens a separator and separates a second with it. Failures are results. */
export async function selfTest(open: () => Promise<Separator>): Promise<SelfTest> {
  try {
    const start = performance.now();
    await using separator = await open();
    const opened = performance.now();
    const mix = syntheticSecond();
    const stems = await separator.separate(mix);
    const ended = performance.now();
    const decibels = sumAgreement(
      mix,
      targets.map((target) => stems[target]),
    );
    if (!Number.isFinite(decibels)) {
      throw new RuntimeError("runtime-failed", "The stems are not finite, or all silent.");
    }
    const { name, device } = separator.runtime;
    return {
      passed: true,
      ...{ runtime: name, device, decibels },
      ...{ loading: (opened - start) / 1e3, separating: (ended - opened) / 1e3 },
    };
  } catch (error) {
    if (!(error instanceof XumxError)) throw error;
    return { passed: false, reason: error.message, hint: error.hint };
  }
}

/** Bass, two chords and four drum hits; the same in every run. */
function syntheticSecond(): StereoBlock {
  let state = 1;
  const noise = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
  const tones = [55, 220, 277.18, 329.63];
  const channel = (pan: number) =>
    Float32Array.from({ length: RATE }, (_, i) => {
      const t = i / RATE;
      const chord = tones.reduce((sum, hertz, k) => {
        const level = k === 0 ? 0.2 : 0.08 * (1 + pan * (k - 2));
        return sum + level * Math.sin(2 * Math.PI * hertz * t);
      }, 0);
      return chord + 0.3 * noise() * Math.exp(-((t * 4) % 1) * 12);
    });
  return [channel(-0.3), channel(0.3)];
}

/** 10·log10 of the mix's energy over that of its difference from the stems' sum; not finite for senseless stems. */
function sumAgreement(mix: StereoBlock, stems: readonly StereoBlock[]): number {
  let signal = 0;
  let error = 0;
  mix.forEach((channel, c) => {
    channel.forEach((sample, i) => {
      signal += sample ** 2;
      error += (sample - stems.reduce((sum, stem) => sum + stem[c][i], 0)) ** 2;
    });
  });
  return error === signal ? Number.NaN : 10 * Math.log10(signal / error);
}
