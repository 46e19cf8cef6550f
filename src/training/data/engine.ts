/** All work on data that is done ahead of the network, in whatever thread: one engine answers one request at a time. */
import { targets } from "../../networks/index.ts";
import { planSliCQT, type ScaleOptions, type SliCQTPlan } from "../../transforms/slicqt/index.ts";
import { type CellSettings, cellBatch } from "../coupled/cellBatch.ts";
import { type PrepareSettings, prepareBatch, type TrainingItem } from "../preparedBatch.ts";
import type { Batch } from "../trainee.ts";
import { type CachedSong, readExcerpt } from "./cachedSong.ts";
import { type Crop, readCrop } from "./crops.ts";
import { Decoder } from "./decode.ts";
import { type Corpus, type DrawSettings, drawItem } from "./drawItem.ts";
import type { Source } from "./sources.ts";
import { type Moments, mixtureMoments } from "./statistics.ts";

/** Everything batches depend on but their number: plain data. */
export interface BatchSetup {
  readonly scale: ScaleOptions;
  readonly corpus: Corpus;
  readonly draw: DrawSettings;
  /** Items of a batch. */
  readonly items: number;
  readonly prepare: PrepareSettings | CellSettings;
}

export type DataRequest =
  | { readonly kind: "decode"; readonly source: Source; readonly path: string }
  | { readonly kind: "moments"; readonly scale: ScaleOptions; readonly song: CachedSong }
  /** What the following batches and validations are made with. */
  | { readonly kind: "setup"; readonly setup: BatchSetup }
  | { readonly kind: "batch"; readonly step: number }
  | { readonly kind: "validation"; readonly crops: readonly Crop[] };

export type DataAnswer =
  | { readonly kind: "decoded"; readonly song: CachedSong }
  | { readonly kind: "moments"; readonly moments: Moments }
  | { readonly kind: "ready" }
  | { readonly kind: "batch"; readonly batch: Batch };

export class DataEngine {
  readonly #decoder = new Decoder();
  #setup: { readonly plan: SliCQTPlan; readonly settings: BatchSetup } | undefined;

  /** @throws AudioError, ArgumentError, TrainingFileError */
  async answer(request: DataRequest): Promise<DataAnswer> {
    switch (request.kind) {
      case "decode":
        return { kind: "decoded", song: await this.#decoder.decode(request.source, request.path) };
      case "moments":
        return { kind: "moments", moments: songMoments(planSliCQT(request.scale), request.song) };
      case "setup":
        this.#setup = { plan: planSliCQT(request.setup.scale), settings: request.setup };
        return { kind: "ready" };
      case "batch": {
        const { plan, settings } = this.#ready();
        const { corpus, draw, items, prepare } = settings;
        const drawn = Array.from({ length: items }, (_, item) =>
          drawItem(corpus, draw, request.step, item),
        );
        return { kind: "batch", batch: prepared(plan, drawn, prepare) };
      }
      case "validation": {
        const { plan, settings } = this.#ready();
        return {
          kind: "batch",
          batch: prepared(plan, request.crops.map(readCrop), settings.prepare),
        };
      }
    }
  }

  #ready() {
    if (!this.#setup) throw new Error("a batch was asked for before the setup");
    return this.#setup;
  }
}

function prepared(
  plan: SliCQTPlan,
  items: readonly TrainingItem[],
  settings: BatchSetup["prepare"],
): Batch {
  return "kind" in settings
    ? cellBatch(plan, items, settings)
    : prepareBatch(plan, items, settings);
}

/** Moments of a whole song's mixture: its own, else the sum of its stems. */
function songMoments(plan: SliCQTPlan, song: CachedSong): Moments {
  if (song.parts.some(({ part }) => part === "mixture")) {
    return mixtureMoments(plan, readExcerpt(song, "mixture", 0, song.frames));
  }
  const [sum, ...others] = targets.map((target) => readExcerpt(song, target, 0, song.frames));
  for (const stem of others) {
    for (const [c, channel] of stem.entries()) {
      for (let i = 0; i < channel.length; i++) sum[c][i] += channel[i];
    }
  }
  return mixtureMoments(plan, sum);
}
