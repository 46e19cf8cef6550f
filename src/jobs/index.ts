/**
 * Catalogues of songs, on many machines: a queue (BullMQ, on Redis), workers, and stores of S3. Songs are submitted, workers
 * separate them, and each song is done when its `manifest.json` is there.
 *
 * ```ts
 * import { Catalogue, SongWorker, submit } from "xumx-slicq/jobs";
 *
 * await submit(["s3://music/albums/"], { output: "s3://stems" });
 * await using worker = await SongWorker.start({ threads: 2 });
 * await worker.idle();
 * await using catalogue = await Catalogue.open();
 * for await (const { input, code, message } of catalogue.failed()) console.log(input, code, message);
 * ```
 */
export type { Access } from "./access.ts";
export {
  Catalogue,
  type CatalogueStatus,
  type FailedSong,
  type SongAtWork,
  type SongChoice,
} from "./catalogue.ts";
export type { Digest } from "./digests.ts";
export type { SongFailure } from "./failure.ts";
export { type Manifest, type ManifestOutput, manifestKey } from "./manifest.ts";
export {
  type Performance,
  Performer,
  type PerformerOptions,
  type Performs,
  type Turn,
} from "./performer.ts";
export type { QueueOptions, SongCounts } from "./queueOptions.ts";
export type { S3Options } from "./s3Objects.ts";
export type { SeparatorTerms } from "./separators.ts";
export {
  type JobId,
  type JobModel,
  type JobSettings,
  jobId,
  type SeparatorSettings,
  type SongJob,
} from "./songJob.ts";
export { type StatusOptions, StatusServer } from "./statusServer.ts";
export { type SubmitEvent, type SubmitOptions, type SubmitSummary, submit } from "./submit.ts";
export { SongWorker, type WorkerEvent, type WorkerOptions } from "./worker.ts";
