/** What a separator may be told, and what is wrong with it. */
import {
  checkCallback,
  checkChoice,
  checkFlag,
  checkInteger,
  checkOptions,
  checkSignal,
  type OptionNames,
  shown,
} from "../arguments.ts";
import { ArgumentError } from "../errors.ts";
import type { AnyPhase } from "../phase/index.ts";
import { type DevicePreference, devices, type RuntimePreference } from "../runtime/index.ts";
import { checkInputOptions, type InputOptions } from "./audioInput.ts";
import { MOST_SHIFTS } from "./shiftedStems.ts";

/** How a {@link Separator} works. */
export interface SeparatorOptions {
  /** Threads in all, 1 to 256; 1 by default. The same count gives the same bits. */
  readonly threads?: number;
  /** The phase step; by default the one the model was made for. */
  readonly phase?: AnyPhase;
  /** Slices that are worked on at once, a multiple of 4; by default about 2.5 s of music, more where the context is long. */
  readonly pieceSlices?: number;
  /** Which tensor runtime to use; "auto" by default. */
  readonly runtime?: RuntimePreference;
  /** Where the network computes; "auto", the processor, by default. All else is computed on the processor. */
  readonly device?: DevicePreference;
  /**
   * At which level the network is shown a signal: "trained" (the default), that of its training, whatever the signal's is;
   * or "as-is". Masks are applied to the signal as it is. Networks to which levels do not matter ignore it.
   */
  readonly level?: LevelSetting;
  /**
   * Seconds of the signal that a network which sees whole songs is shown before and after what it separates, 0 to 600; all of the
   * signal by default. With it nothing spans the signal: stems come as it does, some seconds later, and differ from those of the
   * whole. Other networks see a few seconds, always.
   */
  readonly context?: number;
  /**
   * How often a signal is separated, each time a part of a hop later, 1 to 16; stems are the mean. Two or three are better and take
   * up to so many times as long; default 1. For networks that see a few seconds: others refuse more than one.
   */
  readonly shifts?: number;
  /**
   * Whether what stems play where they should be silent goes to the others (docs/mathematics.md, 9); the sum of the stems stays as it
   * is, and stems come some 5 s later. The model's own if left out. For models with bass, vocals, other and drums at 44.1 kHz.
   */
  readonly gate?: boolean;
}

/** See {@link SeparatorOptions.level}. */
export type LevelSetting = "trained" | "as-is";

/** The values of {@link SeparatorOptions.level}. */
export const levelSettings: readonly LevelSetting[] = ["trained", "as-is"];

/** @internal */
export const separatorOptions: OptionNames<SeparatorOptions> = {
  threads: true,
  phase: true,
  pieceSlices: true,
  runtime: true,
  device: true,
  level: true,
  context: true,
  shifts: true,
  gate: true,
};

/** Longest context, seconds. */
const LONGEST_CONTEXT = 600;

/** What {@link Separator} may be told when it separates a signal. */
export interface SeparateOptions extends InputOptions {
  readonly signal?: AbortSignal;
  /** Called with the finished fraction, 0 to 1, if the length is known. */
  readonly onProgress?: (fraction: number) => void;
  /**
   * Samples of hard chunks, at 44.1 kHz: each is separated alone and the results are joined without a fade, as the
   * original does (its default: 2621440). Left out, the song is one piece.
   */
  readonly chunkSize?: number;
}

const separateOptions: OptionNames<SeparateOptions> = {
  signal: true,
  onProgress: true,
  chunkSize: true,
  sampleRate: true,
  downmix: true,
};

/** What {@link Separator} may be told when it separates a stream. */
export interface StreamOptions extends SeparateOptions {
  /** Samples of the whole stream, if known: for progress alone. */
  readonly samples?: number;
  /**
   * Give blocks whose arrays are overwritten when the next one is asked for: less memory, if each is used at once.
   */
  readonly reuseBlocks?: boolean;
  /**
   * Seconds of the signal that may be read before the stems of what was read are given. 0, the default, is for signals that
   * come at their own pace: stems are given as soon as they are final. Of files give Infinity: then all threads are busy.
   */
  readonly readAhead?: number;
}

const streamOptions: OptionNames<StreamOptions> = {
  ...separateOptions,
  samples: true,
  reuseBlocks: true,
  readAhead: true,
};

/** More threads than any machine makes good use of here. */
export const MOST_THREADS = 256;

const runtimes: readonly RuntimePreference[] = ["auto", "native", "wasm"];

/** Those of a separator that are left out filled in. @throws ArgumentError for what is out of range or unknown */
export function checkedSeparatorOptions(options: SeparatorOptions) {
  checkOptions(options, separatorOptions, "the separator");
  const { threads = 1, runtime = "auto", device = "auto", level = "trained" } = options;
  const { context, shifts = 1 } = options;
  if (options.gate !== undefined) checkFlag("gate", options.gate);
  checkInteger("threads", threads, 1, MOST_THREADS);
  checkInteger("shifts", shifts, 1, MOST_SHIFTS);
  checkChoice("runtime", runtime, runtimes);
  checkChoice("level", level, levelSettings);
  checkChoice("device", device, ["auto", ...devices]);
  if (context !== undefined && !(context >= 0 && context <= LONGEST_CONTEXT)) {
    throw new ArgumentError(
      `context must be 0 to ${LONGEST_CONTEXT} seconds, not ${shown(context)}.`,
    );
  }
  return { ...options, threads, runtime, device, level, context, shifts };
}

/** @throws ArgumentError for what is out of range or unknown */
export function checkSeparateOptions(options: SeparateOptions): void {
  checkOptions(options, separateOptions, "separate");
  checkInputOptions(options);
}

/** Those of a stream that are left out filled in. @throws ArgumentError for what is out of range or unknown */
export function checkedStreamOptions(options: StreamOptions) {
  checkOptions(options, streamOptions, "stream");
  const { signal, onProgress, chunkSize, samples, reuseBlocks = false, readAhead = 0 } = options;
  checkInputOptions(options);
  checkSignal(signal);
  checkCallback("onProgress", onProgress);
  checkFlag("reuseBlocks", reuseBlocks);
  if (!(typeof readAhead === "number" && readAhead >= 0)) {
    throw new ArgumentError(`readAhead must be a number of seconds, not ${shown(readAhead)}.`);
  }
  for (const [name, value] of Object.entries({ chunkSize, samples })) {
    if (value !== undefined) checkInteger(name, value, 1, Number.MAX_SAFE_INTEGER);
  }
  return { ...options, reuseBlocks, readAhead };
}
