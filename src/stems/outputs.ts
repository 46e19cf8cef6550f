/** What is made of a song's stems: the stems themselves, what one leaves of the song, what all leave of it. */
import { ArgumentError } from "../errors.ts";
import { type Target, targets } from "../networks/index.ts";
import { MixFit } from "./mixFit.ts";
import type { StemChannels } from "./songRate.ts";

/** Names of outputs: a stem, the song without a stem, the song without all stems. */
export type OutputName = Target | `no_${Target}` | "residual";

/** Every name that an output can have. */
export const outputNames: readonly OutputName[] = [
  ...targets,
  ...targets.map((target) => `no_${target}` as const),
  "residual",
];

/** Which outputs are wanted. */
export interface OutputChoice {
  /** Stems that come out; all by default. */
  readonly stems?: readonly Target[];
  /** This stem and the song without it, sample by sample, instead of four stems. */
  readonly twoStems?: Target;
  /** Also the song minus the sum of all four stems. */
  readonly residual?: boolean;
  /** Whether the stems share out that residual among themselves, so that their sum is the song. */
  readonly sumToMix?: boolean;
}

/** Makes blocks of outputs of blocks of stems. */
export interface Outputs {
  readonly names: readonly OutputName[];
  /** Whether {@link make} looks at the song. */
  readonly needSong: boolean;
  /**
   * One output per name, each one array per channel.
   * @param song the song's samples at the stems' place; empty unless they are needed.
   */
  make(stems: StemChannels, song: readonly Float32Array[]): readonly (readonly Float32Array[])[];
}

/** @throws {ArgumentError} for unknown stems, none, or choices that exclude each other. */
export function chooseOutputs(choice: OutputChoice = {}): Outputs {
  const { stems, twoStems, residual = false, sumToMix = false } = choice;
  for (const name of [...(stems ?? []), ...(twoStems === undefined ? [] : [twoStems])]) {
    if (!targets.includes(name)) {
      throw new ArgumentError(`There is no stem "${name}".`, `There are ${targets.join(", ")}.`);
    }
  }
  if (twoStems !== undefined) {
    if (stems || residual || sumToMix) {
      throw new ArgumentError(
        "Two stems are one and the exact rest of the song: neither a choice of stems, a residual nor a sum goes with them.",
        "Leave one of the choices out.",
      );
    }
    return {
      names: [twoStems, `no_${twoStems}`],
      needSong: true,
      make: (all, song) => [all[twoStems], difference(song, [all[twoStems]])],
    };
  }
  if (residual && sumToMix) {
    throw new ArgumentError(
      "Stems that sum to the mix leave no residual.",
      "Leave one of the choices out.",
    );
  }
  // In the order of targets, each once.
  const wanted = targets.filter((target) => !stems || stems.includes(target));
  if (wanted.length === 0) throw new ArgumentError("No stems are wanted.", "Name at least one.");
  const fit = sumToMix ? new MixFit() : undefined;
  return {
    names: [...wanted, ...(residual ? (["residual"] as const) : [])],
    needSong: residual || sumToMix,
    make(all, song) {
      const fitted = fit ? fit.apply(all, song) : all;
      const rows = wanted.map((target) => fitted[target]);
      return residual ? [...rows, difference(song, Object.values(all))] : rows;
    },
  };
}

/** The song minus some stems, rounded once. */
function difference(
  song: readonly Float32Array[],
  stems: readonly (readonly Float32Array[])[],
): readonly Float32Array[] {
  return song.map((samples, c) => {
    const out = new Float32Array(samples.length);
    for (let i = 0; i < out.length; i++) {
      let sum = 0;
      for (const stem of stems) sum += stem[c][i];
      out[i] = samples[i] - sum;
    }
    return out;
  });
}
