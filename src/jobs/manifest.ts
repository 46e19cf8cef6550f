/** The last thing written of a song: what was made of what, and how. A song is done when it is there and right. */
import type { DemixResult } from "../stems/index.ts";
import type { Digest } from "./digests.ts";
import type { JobId, JobModel, JobSettings, SongJob } from "./songJob.ts";
import type { SongPlace } from "./songPlace.ts";

/** Name of the manifest among a song's outputs. */
export const manifestKey = "manifest.json";

/** Number of the manifest's form; it changes when a field changes its meaning or goes. */
const SCHEMA = 1;

/** An output of a song. */
export interface ManifestOutput extends Digest {
  /** The stem, or what else it is. */
  readonly name: string;
  /** Name of the file or object beside the manifest. */
  readonly file: string;
}

/** What `manifest.json` says. */
export interface Manifest {
  readonly schema: typeof SCHEMA;
  readonly job: JobId;
  readonly input: Digest & { readonly url: string; readonly version: string };
  readonly outputs: readonly ManifestOutput[];
  readonly model: JobModel;
  readonly settings: JobSettings;
  /** Of the program. */
  readonly version: string;
  /** Of the outputs: samples per channel, Hz, channels. */
  readonly frames: number;
  readonly sampleRate: number;
  readonly channels: number;
  /** All outputs were multiplied by this, at most 1. */
  readonly gain: number;
  /** What was worth knowing of the song, for people. */
  readonly notices: readonly string[];
  /** Seconds that the song took, all in all. */
  readonly seconds: number;
  /** When it was done, ISO 8601. */
  readonly finished: string;
}

/** What a manifest is made of. */
export interface Done {
  readonly id: JobId;
  readonly job: SongJob;
  readonly input: Digest;
  readonly outputs: readonly ManifestOutput[];
  readonly result: DemixResult;
  readonly version: string;
  readonly seconds: number;
}

/** The manifest of a song whose outputs are all there. */
export function manifestOf({ id, job, input, outputs, result, version, seconds }: Done): Manifest {
  const { frames, sampleRate, channels, gain, notices } = result;
  return {
    ...{ schema: SCHEMA, job: id },
    input: { url: job.input, version: job.version, ...input },
    ...{ outputs, model: job.model, settings: job.settings, version },
    ...{ frames, sampleRate, channels, gain, notices, seconds },
    finished: new Date().toISOString(),
  };
}

/** Writes a manifest: from now on the song is done. @throws {XumxError} of the place. */
export function writeManifest(place: SongPlace, manifest: Manifest): Promise<void> {
  return place.put(manifestKey, `${JSON.stringify(manifest, undefined, 2)}\n`);
}

/**
 * Whether a song is done: its manifest is there and of this job, and its outputs are there with the sizes that it tells.
 * @throws {XumxError} if that cannot be told.
 */
export async function isDone(place: SongPlace, id: JobId): Promise<boolean> {
  if ((await place.sizeOf(manifestKey)) === undefined) return false;
  const parts: Uint8Array[] = [];
  for await (const chunk of await place.read(manifestKey)) parts.push(chunk);
  const outputs = outputsIn(Buffer.concat(parts).toString("utf8"), id);
  if (!outputs) return false;
  for (const { file, bytes } of outputs) {
    if ((await place.sizeOf(file)) !== bytes) return false;
  }
  return true;
}

/** Files and sizes that a manifest tells; undefined if it is none, or of another job. */
function outputsIn(
  text: string,
  id: JobId,
): readonly { file: string; bytes: number }[] | undefined {
  let told: unknown;
  try {
    told = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof told !== "object" || told === null || !("job" in told) || told.job !== id)
    return undefined;
  if (!("outputs" in told) || !Array.isArray(told.outputs) || told.outputs.length === 0) {
    return undefined;
  }
  return told.outputs.every(isOutput) ? told.outputs : undefined;
}

function isOutput(value: unknown): value is { file: string; bytes: number } {
  if (typeof value !== "object" || value === null) return false;
  if (!("file" in value && "bytes" in value)) return false;
  return typeof value.file === "string" && typeof value.bytes === "number";
}
