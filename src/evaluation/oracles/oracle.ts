/**
 * What would be possible: stems from the mixture and from what a separator can only guess. Upper bounds for masks and
 * phases in a given transform, and a lower one, the mixture itself.
 */
import type { SongStems, Stereo } from "../../datasets/index.ts";
import { ArgumentError } from "../../errors.ts";
import { Pace } from "../../metrics/pace.ts";
import { perTarget, targets } from "../../networks/index.ts";
import { blockPhase, originalWienerEm } from "../../phase/index.ts";
import { type OracleTransform, parseTransform } from "./transforms.ts";

/**
 * - `mixture`: the mixture as every stem's estimate, the baseline;
 * - `irm1`, `irm2`: the ideal ratio mask of magnitudes, |Sⱼ|/Σ|Sₖ|, and of powers, |Sⱼ|²/Σ|Sₖ|², times the mixture;
 * - `mix-phase`: the true magnitudes with the mixture's phase;
 * - `wiener-em`: the true magnitudes through one iteration of Wiener-EM with the original's settings.
 */
export const oracleNames = ["mixture", "irm1", "irm2", "mix-phase", "wiener-em"] as const;

/** An oracle: the best that masks of a kind can do. */
export type OracleName = (typeof oracleNames)[number];

/** An oracle and its transform, ready for songs. */
export interface Oracle {
  /** Such as "mixture" or "mix-phase@bark-262-32.9". */
  readonly name: string;
  /**
   * @throws ArgumentError if the transform is made for another sample rate; AbortError.
   */
  estimate(
    mixture: Stereo,
    stems: SongStems,
    sampleRate: number,
    signal?: AbortSignal,
  ): Promise<SongStems>;
}

/** @throws ArgumentError if there is no such transform. */
export function makeOracle(oracle: OracleName, transform: string): Oracle {
  if (oracle === "mixture") {
    return {
      name: oracle,
      estimate: async (x) => perTarget(() => x),
    };
  }
  const bank = parseTransform(transform);
  return {
    name: `${oracle}@${transform}`,
    async estimate(mixture, stems, sampleRate, signal) {
      if (bank.sampleRate !== undefined && bank.sampleRate !== sampleRate) {
        throw new ArgumentError(
          `The transform ${transform} is made for ${bank.sampleRate} Hz, the song has ${sampleRate} Hz.`,
          "Resample the data, or take an STFT.",
        );
      }
      return oracleStems(oracle, bank, mixture, stems, new Pace(signal));
    },
  };
}

async function oracleStems(
  oracle: Exclude<OracleName, "mixture">,
  bank: OracleTransform,
  mixture: Stereo,
  stems: SongStems,
  pace: Pace,
): Promise<SongStems> {
  const samples = mixture[0].length;
  const x = bank.analyse(mixture);
  await pace.step();
  // The estimates take the place of the true coefficients, block by block.
  const all = [];
  for (const target of targets) {
    all.push(bank.analyse(stems[target]));
    await pace.step();
  }
  for (const [b, { bins, coefs }] of bank.blocks.entries()) {
    const truth = all.map(({ blocks }) => blocks[b]);
    if (oracle === "wiener-em")
      wienerEm(x.blocks[b], truth, {
        targets: truth.length,
        batch: 1,
        bins,
        slices: x.slices,
        coefs,
      });
    else if (oracle === "mix-phase") mixPhase(x.blocks[b], truth);
    else ratioMask(x.blocks[b], truth, oracle === "irm1" ? 1 : 2);
    await pace.step();
  }
  const out: Stereo[] = [];
  for (const coefficients of all) {
    const [left, right] = bank.synthesise(coefficients, samples);
    out.push([left, right]);
    await pace.step();
  }
  return perTarget((_, j) => out[j]);
}

/** Complex numbers lie as re, im, re, im, … in all of these. */
function mixPhase(x: Float32Array, truth: readonly Float32Array[]): void {
  for (let i = 0; i < x.length; i += 2) {
    const size = Math.hypot(x[i], x[i + 1]);
    const re = size === 0 ? 1 : x[i] / size;
    const im = size === 0 ? 0 : x[i + 1] / size;
    for (const s of truth) {
      const magnitude = Math.hypot(s[i], s[i + 1]);
      s[i] = magnitude * re;
      s[i + 1] = magnitude * im;
    }
  }
}

function ratioMask(x: Float32Array, truth: readonly Float32Array[], power: 1 | 2): void {
  for (let i = 0; i < x.length; i += 2) {
    let sum = 0;
    for (const s of truth) sum += Math.hypot(s[i], s[i + 1]) ** power;
    for (const s of truth) {
      const mask = sum === 0 ? 0 : Math.hypot(s[i], s[i + 1]) ** power / sum;
      s[i] = mask * x[i];
      s[i + 1] = mask * x[i + 1];
    }
  }
}

function wienerEm(
  x: Float32Array,
  truth: readonly Float32Array[],
  shape: Parameters<typeof blockPhase>[2],
): void {
  const positions = x.length / 2;
  const magnitudes = new Float32Array(truth.length * positions);
  truth.forEach((s, j) => {
    for (let i = 0; i < positions; i++) {
      magnitudes[j * positions + i] = Math.hypot(s[2 * i], s[2 * i + 1]);
    }
  });
  const out = blockPhase(x, magnitudes, shape, originalWienerEm);
  truth.forEach((s, j) => {
    s.set(out.subarray(j * x.length, (j + 1) * x.length));
  });
}
