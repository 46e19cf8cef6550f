/** Where the outputs of a song go: straight into their files, or aside first, until their common gain is known. */
import { tmpdir } from "node:os";
import {
  type AudioShape,
  type AudioTags,
  type AudioWriter,
  type ByteStream,
  createSinkWriter,
  createStreamWriter,
  floatWav,
  type OutputFormat,
  openAudio,
} from "../audio/index.ts";
import { throwIfAborted } from "../errors.ts";
import type { FileWriter, Staging } from "../files/index.ts";
import { type ClipMode, clamp, fullScale, LevelMeter, scale } from "./clipping.ts";
import type { OutputName } from "./outputs.ts";

/** An output and where it goes in the end: to a path, or into a stream. */
export interface SinkTarget {
  readonly name: OutputName;
  readonly to: string | ByteStream;
}

export interface SinkSettings {
  readonly shape: AudioShape;
  readonly format: OutputFormat;
  readonly clip: ClipMode;
  /** Tags of the song. */
  readonly tags: AudioTags | undefined;
  /** Samples per channel to come, if known. */
  readonly frames: number | undefined;
}

/** An output on its way. */
interface Lane extends SinkTarget {
  readonly meter: LevelMeter;
  readonly writer: AudioWriter;
  /** Where its samples lie meanwhile. */
  readonly aside?: FileWriter;
}

/** What became of the samples. */
export interface SinkReport {
  /** All outputs were multiplied by this, at most 1. */
  readonly gain: number;
  /** Per output, in the order of the targets. */
  readonly outputs: readonly OutputLevel[];
}

/** How loud an output is. */
export interface OutputLevel {
  /** Largest magnitude that was written. */
  readonly peak: number;
  /** Samples that were cut off. */
  readonly clamped: number;
}

/** Takes blocks of outputs; ends with finished files in their staging. */
export class StemSink implements AsyncDisposable {
  readonly #targets: readonly SinkTarget[];
  readonly #settings: SinkSettings;
  readonly #staging: Staging;
  readonly #most: number;
  #lanes: readonly Lane[] | undefined;
  readonly #clamped: number[];

  constructor(targets: readonly SinkTarget[], settings: SinkSettings, staging: Staging) {
    this.#targets = targets;
    this.#settings = settings;
    this.#staging = staging;
    this.#most = fullScale(settings.format);
    this.#clamped = targets.map(() => 0);
  }

  /**
   * Takes one block per target; may change the samples.
   * @throws {FileError} "unwritable"; {@link AudioError} "non-finite-samples", which are never written.
   */
  async write(blocks: readonly (readonly Float32Array[])[]): Promise<void> {
    // Files are begun when there is something to write: a song that cannot be read leaves no trace.
    this.#lanes ??= await this.#begin();
    await this.#each(this.#lanes, async ({ meter, writer }, i) => {
      meter.show(blocks[i]);
      if (this.#settings.clip === "clamp") this.#clamped[i] += clamp(blocks[i], this.#most);
      await writer.write(blocks[i]);
    });
  }

  /**
   * Ends the files.
   * @param onProgress hears the share of this that is done.
   */
  async end(signal?: AbortSignal, onProgress?: (share: number) => void): Promise<SinkReport> {
    const lanes = this.#lanes ?? [];
    await this.#each(lanes, ({ writer }) => writer.close());
    let gain = 1;
    if (this.#settings.clip === "rescale") {
      gain = Math.min(1, ...lanes.map(({ meter }) => meter.gain(this.#most)));
      for (const [i, lane] of lanes.entries()) {
        await this.#encode(lane, i, gain, signal);
        onProgress?.((i + 1) / lanes.length);
      }
    }
    const clamping = this.#settings.clip === "clamp";
    return {
      gain,
      outputs: lanes.map(({ meter }, i) => ({
        peak: clamping ? Math.min(1, meter.peak) : meter.peak * gain,
        clamped: this.#clamped[i],
      })),
    };
  }

  /** Gives up whatever is not ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const { writer } of this.#lanes ?? []) await writer.abort().catch(() => {});
  }

  async #begin(): Promise<readonly Lane[]> {
    const lanes: Lane[] = [];
    try {
      for (const [i, target] of this.#targets.entries()) {
        const meter = new LevelMeter();
        if (this.#settings.clip !== "rescale") {
          lanes.push({ ...target, meter, writer: await this.#writer(target, i) });
          continue;
        }
        const { to } = target;
        const aside =
          typeof to === "string"
            ? await this.#staging.aside(to)
            : await this.#staging.aside(target.name, tmpdir());
        const writer = await createSinkWriter(() => aside, this.#settings.shape, floatWav);
        lanes.push({ ...target, meter, writer, aside });
      }
    } catch (error) {
      for (const { writer } of lanes) await writer.abort().catch(() => {});
      throw error;
    }
    return lanes;
  }

  async #writer({ name, to }: SinkTarget, index: number): Promise<AudioWriter> {
    const { shape, format, tags, frames } = this.#settings;
    const options = { seed: index + 1, ...(tags && { tags: stemTags(tags, name) }) };
    if (typeof to === "string") {
      return createSinkWriter(() => this.#staging.create(to), shape, format, options);
    }
    return createStreamWriter(to, shape, format, {
      ...options,
      ...(frames !== undefined && { frames }),
    });
  }

  /** From where an output lay meanwhile to where it belongs. */
  async #encode(lane: Lane, index: number, gain: number, signal?: AbortSignal): Promise<void> {
    const { aside } = lane;
    if (aside === undefined) return;
    await using writer = await this.#writer(lane, index);
    await using source = await openAudio(aside.part, signal);
    for await (const block of source.blocks(signal)) {
      if (gain < 1) {
        scale(block, gain);
        clamp(block, this.#most);
      }
      await writer.write(block);
      throwIfAborted(signal);
    }
    await writer.close();
    await source.close();
    await aside.abort();
  }

  /** All at once; none is left running when one fails. */
  async #each(
    lanes: readonly Lane[],
    step: (lane: Lane, index: number) => Promise<void>,
  ): Promise<void> {
    const results = await Promise.allSettled(lanes.map(step));
    for (const result of results) {
      if (result.status === "rejected") throw result.reason;
    }
  }
}

/** The song's tags, with the stem in the title. */
function stemTags(tags: AudioTags, name: OutputName): AudioTags {
  return tags.title === undefined
    ? tags
    : { ...tags, title: `${tags.title} (${name.replace("_", " ")})` };
}
