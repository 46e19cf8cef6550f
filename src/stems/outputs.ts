/** What is made of a song's stems: the stems themselves, what one leaves of the song, what all leave of it. */
import { ArgumentError } from "../errors.ts";
import { targets } from "../networks/index.ts";
import { MixFit } from "./mixFit.ts";
import type { StemChannels } from "./songRate.ts";

/** Names of outputs: a stem, `no_` and a stem for the song without it, "residual" for the song without all stems. */
export type OutputName = string;

/** Every name that an output of a model with these stems can have, but for sums that are named by whoever wants them. */
export function outputNames(stems: readonly string[] = targets): readonly OutputName[] {
  return [...new Set([...stems, ...stems.map((stem) => `no_${stem}`), "residual"])];
}

/** Which outputs are wanted. */
export interface OutputChoice {
  /** Stems that come out; all by default. */
  readonly stems?: readonly string[];
  /** This stem and the song without it, sample by sample, instead of all stems. */
  readonly twoStems?: string;
  /** Sums of stems under names of their own, instead of stems: `{ accompaniment: ["drums", "bass", "other"] }`. */
  readonly aggregate?: Readonly<Record<string, readonly string[]>>;
  /** Also the song minus the sum of all stems. */
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

/**
 * @param modelStems names of the stems that the separator gives.
 * @throws {ArgumentError} for unknown stems, none, or choices that exclude each other.
 */
export function chooseOutputs(
  choice: OutputChoice = {},
  modelStems: readonly string[] = targets,
): Outputs {
  const { stems, twoStems, aggregate, residual = false, sumToMix = false } = choice;
  const named = [
    ...(stems ?? []),
    ...(twoStems === undefined ? [] : [twoStems]),
    ...Object.values(aggregate ?? {}).flat(),
  ];
  for (const name of named) {
    if (!modelStems.includes(name)) {
      throw new ArgumentError(`There is no stem "${name}".`, `There are ${modelStems.join(", ")}.`);
    }
  }
  if (twoStems !== undefined) {
    if (stems || aggregate || residual || sumToMix) {
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
  const groups = aggregate ? sumsOf(aggregate, stems) : chosen(modelStems, stems);
  // What a model gives as its own residual is one of its stems.
  const rest = residual && !groups.some(({ name }) => name === "residual");
  const fit = sumToMix ? new MixFit(modelStems) : undefined;
  return {
    names: [...groups.map(({ name }) => name), ...(rest ? ["residual"] : [])],
    needSong: rest || sumToMix,
    make(all, song) {
      const fitted = fit ? fit.apply(all, song) : all;
      const rows = groups.map(({ parts }) => sum(parts.map((part) => fitted[part])));
      return rest ? [...rows, difference(song, Object.values(all))] : rows;
    },
  };
}

/** An output and the stems that it is the sum of. */
interface Group {
  readonly name: string;
  readonly parts: readonly string[];
}

/** Stems in the order of the model's, each once. @throws {ArgumentError} */
function chosen(modelStems: readonly string[], stems: readonly string[] | undefined): Group[] {
  const wanted = modelStems.filter((name) => !stems || stems.includes(name));
  if (wanted.length === 0) throw new ArgumentError("No stems are wanted.", "Name at least one.");
  return wanted.map((name) => ({ name, parts: [name] }));
}

/** @throws {ArgumentError} */
function sumsOf(
  aggregate: Readonly<Record<string, readonly string[]>>,
  stems: readonly string[] | undefined,
): Group[] {
  const groups = Object.entries(aggregate).map(([name, parts]) => ({ name, parts }));
  if (stems) {
    throw new ArgumentError(
      "A choice of stems does not go together with sums of stems.",
      "Leave one of the choices out.",
    );
  }
  if (groups.length === 0) throw new ArgumentError("No sums are wanted.", "Name at least one.");
  for (const { name, parts } of groups) {
    if (!/^[^/\\]+$/.test(name) || parts.length === 0) {
      throw new ArgumentError(`"${name}" cannot be an output.`, "Give it a name and stems.");
    }
  }
  return groups;
}

/** Stems added up; one alone as it is. */
function sum(rows: readonly (readonly Float32Array[])[]): readonly Float32Array[] {
  const [first, ...others] = rows;
  if (others.length === 0) return first;
  return first.map((samples, c) =>
    samples.map((sample, i) => others.reduce((all, row) => all + row[c][i], sample)),
  );
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
