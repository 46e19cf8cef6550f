/** Separates music into stems: the library's front door. */

import { untilAborted } from "../abort.ts";
import { shown } from "../arguments.ts";
import { ArgumentError } from "../errors.ts";
import { gateLicence } from "../gate/index.ts";
import type { Model } from "../models/index.ts";
import type { AnyPhase } from "../phase/index.ts";
import { SAMPLE_RATE } from "../transforms/slicqt/index.ts";
import {
  type AudioBlocks,
  type AudioInput,
  type Channels,
  checkAudio,
  iterated,
} from "./audioInput.ts";
import { type ConductOptions, type Course, courseOf } from "./course.ts";
import { type EngineCrew, type EngineFactory, inThisThread, type RuntimeReport } from "./crew.ts";
import { hardChunks } from "./hardChunks.ts";
import type { EngineTimes } from "./piece.ts";
import { type PreparedModel, prepareModel } from "./preparedModel.ts";
import { type BlockTerms, RatedAudio } from "./ratedAudio.ts";
import type { StereoBlock } from "./sampleQueue.ts";
import {
  checkedSeparatorOptions,
  checkedStreamOptions,
  checkSeparateOptions,
  type LevelSetting,
  type SeparateOptions,
  type SeparatorOptions,
  type StreamOptions,
} from "./separatorOptions.ts";
import { Turns } from "./turns.ts";

/** How terms begin that say at least as much as the gate's. */
const NON_COMMERCIAL = "non-commercial";

/** The channels of every stem by its name: left and right, unless said otherwise. */
export type Stems<StemChannels extends Channels = StereoBlock> = Readonly<
  Record<string, StemChannels>
>;

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
    const { threads, runtime, device, level, ...own } = checkedSeparatorOptions(options);
    const { phase, pieceSlices, context, shifts, gate } = own;
    const levelled = level === "trained";
    const course = courseOf(prepared, { phase, pieceSlices, levelled, context, shifts, gate });
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

  /** Terms of use of the model's weights, if they are known, and of the gate's where it is at work and they say more. */
  get licence(): string | undefined {
    const { licence } = this.#model;
    if (!this.gate || licence?.startsWith(NON_COMMERCIAL)) return licence;
    return `${licence ?? "terms of use unknown"}; ${gateLicence}`;
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

  /** Whether what stems play where they should be silent goes to the others. */
  get gate(): boolean {
    return this.#course.gated;
  }

  /** Rate of the model, Hz: signals of it are not resampled. */
  get sampleRate(): number {
    return this.#model.sampleRate;
  }

  /** Samples from slice to slice. With mix phase, its level as it is and no gate, the end of a signal from a multiple of it on has the stems of the whole. */
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
    checkSeparateOptions(options);
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
    const { signal, onProgress, chunkSize, samples, reuseBlocks, readAhead } =
      checkedStreamOptions(options);
    using turn = await this.#turns.take(signal);
    await this.#reviveCrew();
    let done = 0;
    const { early } = this.#course;
    const { sampleRate } = this.#model;
    const audio = new RatedAudio(sampleRate, options, nameOf, blockTerms);
    const given = audio.toModel(untilAborted(iterated(blocks), turn.signal));
    const conducted = {
      signal: turn.signal,
      readAhead: readAhead * sampleRate,
      early: {
        // Of hard chunks each has a beginning; only what is done of their stems tells how far all are.
        expected: samples && (samples * sampleRate) / (options.sampleRate ?? SAMPLE_RATE),
        onProgress: (share: number) => {
          if (samples && chunkSize === undefined) onProgress?.(early * share);
        },
      },
    };
    const stems = this.#conduct(given, chunkSize, conducted);
    for await (const block of audio.fromModel(stems, reuseBlocks)) {
      done += block[0][0].length;
      yield byName(this.stems, (_, index) => block[index]);
      const before = chunkSize === undefined ? early : 0;
      if (samples) onProgress?.(Math.min(1, before + (1 - before) * (done / samples)));
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
    options: ConductOptions,
  ) {
    const chunks = chunkSize === undefined ? [source] : hardChunks(source, chunkSize);
    for await (const chunk of chunks) {
      yield* this.#course.conduct(this.#crew, chunk, options);
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
