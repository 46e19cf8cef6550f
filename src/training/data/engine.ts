/** All work on data that is done ahead of the network, in whatever thread: one engine answers one request at a time. */
import { targets } from "../../networks/index.ts";
import type { Service } from "../../threads/index.ts";
import type { ScaleOptions } from "../../transforms/slicqt/index.ts";
import { type CellSettings, cellBatches } from "../coupled/cellBatch.ts";
import { type PrepareSettings, preparedBatches, type TrainingItem } from "../preparedBatch.ts";
import type { Batch } from "../trainee.ts";
import { Spectra } from "../umx/spectra.ts";
import { type SpectraSettings, spectraBatch } from "../umx/spectraBatch.ts";
import { type CachedSong, readExcerpt } from "./cachedSong.ts";
import { type Crop, readCrop } from "./crops.ts";
import { Decoder } from "./decode.ts";
import { type Corpus, type DrawSettings, drawItem } from "./drawItem.ts";
import { arraysOf } from "./moving.ts";
import { Random } from "./random.ts";
import type { Source } from "./sources.ts";
import { type Magnitudes, type Moments, momentsOf } from "./statistics.ts";

/** Everything batches depend on but their number: plain data. */
export interface BatchSetup {
  readonly scale: ScaleOptions;
  readonly corpus: Corpus;
  readonly draw: DrawSettings;
  /** Items of a batch. */
  readonly items: number;
  readonly prepare: PrepareSettings | CellSettings | SpectraSettings;
}

/** A batch of the training by its number, or a numbered one of given crops. */
export type BatchRequest =
  | { readonly kind: "training"; readonly step: number }
  | { readonly kind: "validation"; readonly number: number; readonly crops: readonly Crop[] };

/** What an engine is asked. Errors: AudioError, ArgumentError, FileError. */
export interface DataProtocol {
  /** Decodes a source to a file. */
  readonly decode: {
    readonly request: { readonly source: Source; readonly path: string };
    readonly answer: CachedSong;
  };
  readonly moments: {
    readonly request: { readonly of: Magnitudes; readonly song: CachedSong };
    readonly answer: Moments;
  };
  /** What the following batches are made with. */
  readonly setup: { readonly request: BatchSetup; readonly answer: undefined };
  readonly batch: { readonly request: BatchRequest; readonly answer: Batch };
}

/** An engine, which answers one request at a time. */
export function dataService(): Service<DataProtocol> {
  const decoder = new Decoder();
  let ready: { readonly setup: BatchSetup; readonly prepare: Prepare } | undefined;
  return {
    handlers: {
      decode: ({ source, path }, { signal }) => decoder.decode(source, path, signal),
      moments: ({ of, song }) => songMoments(of, song),
      setup(setup) {
        ready = { setup, prepare: preparer(setup) };
        return undefined;
      },
      batch(request, { move }) {
        if (!ready) throw new Error("a batch was asked for before the setup");
        const { setup, prepare } = ready;
        const batch = prepare(itemsOf(request, setup), drawOf(request, setup));
        move(arraysOf(batch));
        return batch;
      },
    },
  };
}

function itemsOf(request: BatchRequest, { corpus, draw, items }: BatchSetup): TrainingItem[] {
  if (request.kind === "validation") return request.crops.map(readCrop);
  return Array.from({ length: items }, (_, item) => drawItem(corpus, draw, request.step, item));
}

/** The batch's random number, for losses that draw. */
function drawOf(request: BatchRequest, { draw }: BatchSetup): number {
  const number = request.kind === "validation" ? request.number : request.step;
  return Random.of(draw.seed, number).bits();
}

/** Makes a batch of items and its random number. */
type Prepare = (items: readonly TrainingItem[], draw: number) => Batch;

function preparer({ scale, prepare }: BatchSetup): Prepare {
  if ("kind" in prepare && prepare.kind === "spectra") {
    const spectra = new Spectra(prepare.stft);
    return (items, draw) => spectraBatch(spectra, items, prepare, draw);
  }
  if ("kind" in prepare) return cellBatches(scale, prepare);
  return preparedBatches(scale, prepare);
}

/** Moments of a whole song's mixture: its own, else the sum of its stems. */
function songMoments(of: Magnitudes, song: CachedSong): Moments {
  if (song.parts.some(({ part }) => part === "mixture")) {
    return momentsOf(of, readExcerpt(song, "mixture", 0, song.frames));
  }
  const [sum, ...others] = targets.map((target) => readExcerpt(song, target, 0, song.frames));
  for (const stem of others) {
    for (const [c, channel] of stem.entries()) {
      for (let i = 0; i < channel.length; i++) sum[c][i] += channel[i];
    }
  }
  return momentsOf(of, sum);
}
