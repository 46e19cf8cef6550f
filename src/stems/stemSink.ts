/** Where the outputs of a song go: straight into their store, or aside first, until their common gain is known. */

import type { AudioShape, OutputFormat } from "../audio/outputFormat.ts";
import type { AudioWriter } from "../audio/sinkWriter.ts";
import { createStreamWriter } from "../audio/streamWriter.ts";
import type { AudioTags } from "../audio/tags.ts";
import { throwIfAborted } from "../errors.ts";
import { Aside } from "./aside.ts";
import { type ClipMode, clampSamples, fullScale, LevelMeter, scaleSamples } from "./clipping.ts";
import type { OutputName } from "./outputs.ts";
import { stemTags } from "./stemTags.ts";
import type { OutputSet, Store } from "./store.ts";

/** An output and where it goes in the end. */
export interface SinkTarget {
  readonly name: OutputName;
  readonly key: string;
}

export interface SinkSettings {
  readonly store: Store;
  readonly shape: AudioShape;
  readonly format: OutputFormat;
  readonly clip: ClipMode;
  /** Tags of the song. */
  readonly tags: AudioTags | undefined;
  /** Samples per channel to come, if known. */
  readonly frames: number | undefined;
}

/** An output on its way. */
interface Outlet extends SinkTarget {
  readonly meter: LevelMeter;
  readonly sink: AudioWriter | Aside;
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

/** Takes blocks of outputs; ends with whole outputs in their set, which is not committed here. */
export class StemSink implements AsyncDisposable {
  readonly #targets: readonly SinkTarget[];
  readonly #settings: SinkSettings;
  readonly #set: OutputSet;
  readonly #most: number;
  #outlets: readonly Outlet[] | undefined;
  readonly #clamped: number[];

  constructor(targets: readonly SinkTarget[], settings: SinkSettings, set: OutputSet) {
    this.#targets = targets;
    this.#settings = settings;
    this.#set = set;
    this.#most = fullScale(settings.format);
    this.#clamped = targets.map(() => 0);
  }

  /**
   * Takes one block per target; may change the samples.
   * @throws {XumxError} "unwritable"; {@link AudioError} "non-finite-samples", which are never written.
   */
  async write(blocks: readonly (readonly Float32Array[])[]): Promise<void> {
    // Outputs are begun when there is something to write: a song that cannot be read leaves no trace.
    this.#outlets ??= await this.#begin();
    await each(this.#outlets, async ({ meter, sink }, i) => {
      meter.show(blocks[i]);
      if (this.#settings.clip === "clamp") this.#clamped[i] += clampSamples(blocks[i], this.#most);
      await sink.write(blocks[i]);
    });
  }

  /**
   * Ends the outputs.
   * @param onProgress hears the share of this that is done.
   */
  async end(signal?: AbortSignal, onProgress?: (share: number) => void): Promise<SinkReport> {
    const outlets = this.#outlets ?? [];
    await each(outlets, ({ sink }) => (sink instanceof Aside ? sink.end() : sink.close()));
    let gain = 1;
    if (this.#settings.clip === "rescale") {
      gain = Math.min(1, ...outlets.map(({ meter }) => meter.gain(this.#most)));
      for (const [i, outlet] of outlets.entries()) {
        if (outlet.sink instanceof Aside) await this.#encode(outlet, outlet.sink, i, gain, signal);
        onProgress?.((i + 1) / outlets.length);
      }
    }
    const clamping = this.#settings.clip === "clamp";
    return {
      gain,
      outputs: outlets.map(({ meter }, i) => ({
        peak: clamping ? Math.min(1, meter.peak) : meter.peak * gain,
        clamped: this.#clamped[i],
      })),
    };
  }

  /** Gives up whatever is not ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const { sink } of this.#outlets ?? []) await sink.abort().catch(() => {});
  }

  async #begin(): Promise<readonly Outlet[]> {
    const outlets: Outlet[] = [];
    try {
      for (const [i, target] of this.#targets.entries()) {
        const sink =
          this.#settings.clip === "rescale"
            ? new Aside(await this.#set.scratch(target.key), this.#settings.shape.channels)
            : await this.#writer(target, i);
        outlets.push({ ...target, meter: new LevelMeter(), sink });
      }
    } catch (error) {
      for (const { sink } of outlets) await sink.abort().catch(() => {});
      throw error;
    }
    return outlets;
  }

  async #writer({ name, key }: SinkTarget, index: number): Promise<AudioWriter> {
    const { store, shape, format, tags, frames } = this.#settings;
    return createStreamWriter(await this.#set.create(key), shape, format, {
      name: store.locate(key) ?? "the output stream",
      seed: index + 1,
      terms: { kind: "own", seekable: store.seekable },
      ...(tags && { tags: stemTags(tags, name) }),
      // Where there is a way back, a head that turns out wrong is made right at the end.
      ...(frames !== undefined && { frames }),
    });
  }

  /** From where an output lay meanwhile to where it belongs. */
  async #encode(
    target: SinkTarget,
    aside: Aside,
    index: number,
    gain: number,
    signal?: AbortSignal,
  ): Promise<void> {
    await using writer = await this.#writer(target, index);
    for await (const block of aside.blocks()) {
      if (gain < 1) {
        scaleSamples(block, gain);
        clampSamples(block, this.#most);
      }
      await writer.write(block);
      throwIfAborted(signal);
    }
    await writer.close();
  }
}

/** All at once; none is left running when one fails. */
async function each(
  outlets: readonly Outlet[],
  step: (outlet: Outlet, index: number) => Promise<void>,
): Promise<void> {
  for (const result of await Promise.allSettled(outlets.map(step))) {
    if (result.status === "rejected") throw result.reason;
  }
}
