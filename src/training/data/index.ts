/** Data for training: a corpus on disk, and batches drawn from it by worker threads. */
export {
  type Augmentation,
  augmentations,
  originalAugmentations,
  parseAugmentations,
} from "./augmentation.ts";
export { BatchStream } from "./batchStream.ts";
export type { CachedSong } from "./cachedSong.ts";
export {
  type CorpusOptions,
  corpusNormalisation,
  defaultCache,
  type NamedSong,
  type OpenedCorpus,
  openCorpus,
  type SourceProblem,
} from "./corpus.ts";
export { type DataCrew, makeCrew } from "./crew.ts";
export { type Crop, cropBatches, readCrop, validationCrops } from "./crops.ts";
export { type Corpus, type DrawSettings, drawItem } from "./drawItem.ts";
export type { BatchRequest, BatchSetup } from "./engine.ts";
export { Random } from "./random.ts";
export type { Normalisation } from "./statistics.ts";
export type { StereoSamples } from "./stereo.ts";
