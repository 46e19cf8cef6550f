/** Separates music into stems: the library's front door. */

import { untilAborted } from "../abort.ts";
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
import type { Model } from "../models/index.ts";
import type { AnyPhase } from "../phase/index.ts";
import { type DevicePreference, devices, type RuntimePreference } from "../runtime/index.ts";
import {
  type AudioBlocks,
  type AudioInput,
  type Channels,
  checkAudio,
  checkInputOptions,
  type InputOptions,
  iterated,
} from "./audioInput.ts";
import { type Course, courseOf } from "./course.ts";
import { type EngineCrew, type EngineFactory, inThisThread, type RuntimeReport } from "./crew.ts";
import type { EngineTimes } from "./piece.ts";
import { type PreparedModel, prepareModel } from "./preparedModel.ts";
import { type BlockTerms, RatedAudio } from "./ratedAudio.ts";
import type { StereoBlock } from "./sampleQueue.ts";
import { Turns } from "./turns.ts";

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
};

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

/** The channels of every stem by its name: left and right, unless said otherwise. */
export type Stems<StemChannels extends Channels = StereoBlock> = Readonly<
  Record<string, StemChannels>
>;

/** More threads than any machine makes good use of here. */
export const MOST_THREADS = 256;

const runtimes: readonly RuntimePreference[] = ["auto", "native", "wasm"];

/**
 * A model ready to separate any number of songs. Calls that come while it works wait for their turn, so a stream must be
 * read to its end, or left, before another call can begin.
 *
 * If a thread of it dies, what it was at fails with a {@link ThreadError}, and the next call starts new ones.
 *
 * @example
 * const separator = await Separator.create(await loadModel());
 * const { vocals } = await separator.separate([left, right]);
 * await separator.close();
 */
export class Separator implements AsyncDisposable {
  readonly #model: Pick<PreparedModel, "name" | "licence" | "sampleRate">;
  #crew: EngineCrew;
  readonly #newCrew: () => Promise<EngineCrew>;
  readonly #course: Course;
  readonly #level: LevelSetting;
  readonly #turns = new Turns();
  /** What engines spent that are no more. */
  readonly #retired: EngineTimes[] = [];
  #closing: Promise<void> | undefined;

  /**
   * Checks the model and starts the engines. The model is kept, to start others if a thread dies.
   * @throws {WeightsError} if the tensors do not fit; {@link RuntimeError} if no runtime loads; {@link ArgumentError}.
   */
  static async create(
    model: Model,
    options: SeparatorOptions = {},
    factory: EngineFactory = inThisThread,
  ): Promise<Separator> {
    checkModel(model);
    const prepare = () => prepareModel(model);
    return Separator.start(prepare(), prepare, options, factory);
  }

  /**
   * As {@link create}, with a model that is prepared already; its weights may be taken away.
   * @param again prepares it once more, for new engines in the place of dead ones.
   * @param first makes the first engines, where that is done in another way than those in their place.
   * @internal
   */
  static async start(
    prepared: PreparedModel,
    again: () => PreparedModel | Promise<PreparedModel>,
    options: SeparatorOptions,
    factory: EngineFactory,
    first: EngineFactory = factory,
  ): Promise<Separator> {
    checkOptions(options, separatorOptions, "the separator");
    const {
      threads = 1,
      phase,
      pieceSlices,
      runtime = "auto",
      device = "auto",
      level = "trained",
    } = options;
    checkInteger("threads", threads, 1, MOST_THREADS);
    checkChoice("runtime", runtime, runtimes);
    checkChoice("level", level, levelSettings);
    checkChoice("device", device, ["auto", ...devices]);
    const course = courseOf(prepared, { phase, pieceSlices, levelled: level === "trained" });
    const setup = { threads, runtime, device };
    const crew = await first(course.work(prepared), setup);
    const newCrew = async () => factory(course.work(await again()), setup);
    const { name, licence, sampleRate } = prepared;
    return new Separator({ name, licence, sampleRate }, crew, newCrew, course, level);
  }

  private constructor(
    model: Pick<PreparedModel, "name" | "licence" | "sampleRate">,
    crew: EngineCrew,
    newCrew: () => Promise<EngineCrew>,
    course: Course,
    level: LevelSetting,
  ) {
    this.#model = model;
    this.#crew = crew;
    this.#newCrew = newCrew;
    this.#course = course;
    this.#level = level;
  }

  /** Name of the model. */
  get modelName(): string {
    return this.#model.name;
  }

  /** Terms of use of the model's weights, if they are known. */
  get licence(): string | undefined {
    return this.#model.licence;
  }

  /** The phase step in use. */
  get phase(): AnyPhase {
    return this.#course.phase;
  }

  /** Names of the stems that it gives. */
  get stems(): readonly string[] {
    return this.#course.stems;
  }

  /** At which level the network is shown signals. */
  get level(): LevelSetting {
    return this.#level;
  }

  /** Samples from slice to slice. With mix phase and its level as it is, the end of a signal from a multiple of it on has the stems of the whole. */
  get hop(): number {
    return this.#course.hop;
  }

  /** The tensor runtime in use. */
  get runtime(): RuntimeReport {
    return this.#crew.runtime;
  }

  /**
   * Separates a whole signal.
   *
   * ```ts
   * await separator.separate([left, right]); // at 44.1 kHz
   * await separator.separate([mono], { sampleRate: 48000 });
   * await separator.separate(audioBuffer); // from Web Audio's decodeAudioData
   * ```
   * @param audio one or two channels of any rate, at least one sample, finite; beyond ±1 is allowed. The arrays are
   * neither changed nor kept, and must stay as they are until the stems are there.
   * @returns four stems, each at the rate, in the channels and exactly of the length of the input.
   * @throws {AudioError} "non-finite-samples"; {@link AbortError}; {@link ArgumentError} for audio of another kind, no
   * samples, more than two channels (but with `downmix`), options out of range or unknown; {@link ThreadError} if a
   * thread dies; {@link ClosedError} if the separator is closed before the end.
   */
  separate(audio: StereoBlock, options?: SeparateOptions): Promise<Stems>;
  separate(audio: AudioInput, options?: SeparateOptions): Promise<Stems<Channels>>;
  async separate(audio: AudioInput, options: SeparateOptions = {}): Promise<Stems<Channels>> {
    checkOptions(options, separateOptions, "separate");
    checkInputOptions(options);
    const { channels, sampleRate } = checkAudio(audio, options, "audio");
    const samples = channels[0].length;
    if (samples === 0) {
      throw new ArgumentError("audio has no samples.", "Give at least one sample.");
    }
    const out = byName(this.stems, () => channels.map(() => new Float32Array(samples)));
    let at = 0;
    const told = { ...options, sampleRate, samples, reuseBlocks: true, readAhead: Infinity };
    for await (const block of this.#stream([channels], told, () => "audio", "lent")) {
      for (const stem of this.stems) {
        for (const [c, channel] of block[stem].entries()) out[stem][c].set(channel, at);
      }
      at += block[this.stems[0]][0].length;
    }
    return out;
  }

  /**
   * Separates a stream: blocks of any size in, blocks of stems out, in bounded memory, together as long as the input, of
   * the rate and in the channels of its first block. Of a block that is given a copy is made at once.
   * Errors as {@link separate}.
   */
  stream(blocks: AudioBlocks<StereoBlock>, options?: StreamOptions): AsyncGenerator<Stems>;
  stream(blocks: AudioBlocks, options?: StreamOptions): AsyncGenerator<Stems<Channels>>;
  stream(blocks: AudioBlocks, options: StreamOptions = {}): AsyncGenerator<Stems<Channels>> {
    return this.#stream(blocks, options, (block) => `blocks[${block}]`);
  }

  async *#stream(
    blocks: AudioBlocks,
    options: StreamOptions,
    nameOf: (block: number) => string,
    blockTerms: BlockTerms = "copied",
  ): AsyncGenerator<Stems<Channels>> {
    checkOptions(options, streamOptions, "stream");
    const { signal, onProgress, chunkSize, samples, reuseBlocks = false } = options;
    checkInputOptions(options);
    checkSignal(signal);
    checkCallback("onProgress", onProgress);
    checkFlag("reuseBlocks", reuseBlocks);
    const { readAhead = 0 } = options;
    if (!(typeof readAhead === "number" && readAhead >= 0)) {
      throw new ArgumentError(`readAhead must be a number of seconds, not ${shown(readAhead)}.`);
    }
    for (const [name, value] of Object.entries({ chunkSize, samples })) {
      if (value !== undefined) checkInteger(name, value, 1, Number.MAX_SAFE_INTEGER);
    }
    using turn = await this.#turns.take(signal);
    await this.#reviveCrew();
    let done = 0;
    const audio = new RatedAudio(this.#model.sampleRate, options, nameOf, blockTerms);
    const given = audio.toModel(untilAborted(iterated(blocks), turn.signal));
    const stems = this.#conduct(given, chunkSize, readAhead * this.#model.sampleRate, turn.signal);
    for await (const block of audio.fromModel(stems, reuseBlocks)) {
      done += block[0][0].length;
      yield byName(this.stems, (_, index) => block[index]);
      if (samples) onProgress?.(Math.min(1, done / samples));
    }
  }

  /** Puts new engines in the place of those of which a thread has died. */
  async #reviveCrew(): Promise<void> {
    const { engines } = this.#crew;
    if (engines.every(({ alive }) => alive)) return;
    await Promise.all(engines.map((engine) => engine.close()));
    const crew = await this.#newCrew();
    this.#retired.push(...engines.map((engine) => engine.times()));
    this.#crew = crew;
    if (this.#turns.closed) await this.#closeCrew();
  }

  /** Stereo at the model's rate, all at once or in hard chunks. */
  async *#conduct(
    source: AsyncIterable<StereoBlock>,
    chunkSize: number | undefined,
    readAhead: number,
    signal: AbortSignal,
  ) {
    const chunks = chunkSize === undefined ? [source] : hardChunks(source, chunkSize);
    for await (const chunk of chunks) {
      yield* this.#course.conduct(this.#crew, chunk, readAhead, signal);
    }
  }

  /** Where the engines' time went since the separator was made, in seconds over all engines; also of a closed one. */
  async times(): Promise<EngineTimes> {
    const sum: EngineTimes = { forward: 0, network: 0, phase: 0, inverse: 0 };
    const engines = this.#crew.engines.map((engine) => engine.times());
    for (const times of [...this.#retired, ...engines]) {
      sum.forward += times.forward;
      sum.network += times.network;
      sum.phase += times.phase;
      sum.inverse += times.inverse;
    }
    return sum;
  }

  /** Frees engines and threads. What is at work, or waits, fails with a {@link ClosedError}. Harmless to repeat. */
  close(): Promise<void> {
    this.#turns.close("The separator was closed.");
    this.#closing ??= this.#closeCrew();
    return this.#closing;
  }

  async #closeCrew(): Promise<void> {
    await Promise.all(this.#crew.engines.map((engine) => engine.close()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** A value for every stem. */
function byName<T>(stems: readonly string[], value: (stem: string, index: number) => T) {
  return Object.fromEntries(stems.map((stem, index) => [stem, value(stem, index)]));
}

/** @throws {ArgumentError} unless `model` is a model that was read */
function checkModel(model: unknown): void {
  if (typeof model === "object" && model !== null && "config" in model && "state" in model) return;
  throw new ArgumentError(
    `model must be a Model, not ${shown(model)}.`,
    "loadModel and modelFromSafetensors give one; openSeparator takes names and paths.",
  );
}

/** Cuts a stream into streams of `size` samples, the last one shorter. Each must be read to its end before the next. */
async function* hardChunks(
  source: AsyncIterable<StereoBlock>,
  size: number,
): AsyncGenerator<AsyncIterable<StereoBlock>> {
  const iterator = source[Symbol.asyncIterator]();
  let rest: StereoBlock | undefined = await nextBlock(iterator);
  async function* chunk(): AsyncGenerator<StereoBlock> {
    let left = size;
    while (rest && left > 0) {
      const [l, r] = rest;
      const count = Math.min(left, l.length);
      yield [l.subarray(0, count), r.subarray(0, count)];
      left -= count;
      rest = count < l.length ? [l.subarray(count), r.subarray(count)] : await nextBlock(iterator);
    }
  }
  try {
    do yield chunk();
    while (rest);
  } finally {
    await iterator.return?.();
  }
}

async function nextBlock(source: AsyncIterator<StereoBlock>): Promise<StereoBlock | undefined> {
  for (;;) {
    const next = await source.next();
    if (next.done) return undefined;
    if (next.value[0].length > 0 || next.value[1].length > 0) return next.value;
  }
}
