/** One job is one song: what is asked of a worker, as plain data, and the name by which it is known. */
import { createHash } from "node:crypto";
import { DataError } from "../errors.ts";
import type { AnyPhase } from "../phase/index.ts";
import { type LevelSetting, levelSettings, MOST_SHIFTS } from "../separation/index.ts";
import { type ClipMode, clipModes, type DemixSettings } from "../stems/index.ts";

/** How a song is separated, as {@link SeparatorOptions} have it. */
export interface SeparatorSettings {
  /** By default the one that the model was made for. */
  readonly phase?: AnyPhase;
  /** Level at which the network is shown the song; by default that of its training. */
  readonly level?: LevelSetting;
  /** Passes over the song, of which the mean counts; default 1. */
  readonly shifts?: number;
  /** Whether what stems play where they should be silent goes to the others; by default as the model has it. */
  readonly gate?: boolean;
}

/** What is written of a song, and how it is separated. */
export interface JobSettings extends DemixSettings, SeparatorSettings {
  /** Samples of hard chunks, as {@link SeparateOptions} have it. */
  readonly chunkSize?: number;
}

/** Settings of which a separator is made, and those of one song. */
export function splitSettings({ phase, level, shifts, gate, ...song }: JobSettings): {
  readonly separator: SeparatorSettings;
  readonly song: Omit<JobSettings, keyof SeparatorSettings>;
} {
  const separator = {
    ...(phase && { phase }),
    ...(level && { level }),
    ...(shifts && { shifts }),
    ...(gate !== undefined && { gate }),
  };
  return { separator, song };
}

/** The weights that a song is separated with. */
export interface JobModel {
  /** Name or path, as `--model` takes it. */
  readonly name: string;
  /** As {@link modelHash} tells it: a worker whose model of that name is another one does not touch the song. */
  readonly sha256: string;
}

/** One song to separate. */
export interface SongJob {
  /** Address of the song: `file:`, `s3:` or `https:`. */
  readonly input: string;
  /** Its ETag, or its size and time: if the song is another one when a worker opens it, it fails. */
  readonly version: string;
  /** Its size; 0 if that is not known. */
  readonly bytes: number;
  /** Address of the folder or prefix of all outputs of the submission. */
  readonly output: string;
  /** Where in it the song's outputs lie: folders, the track and the beginning of the job's name. */
  readonly place: string;
  readonly model: JobModel;
  readonly settings: JobSettings;
}

/** The name of a job: 32 hexadecimal digits. */
export type JobId = string & { readonly __brand: "JobId" };

/** Counts up when the same settings begin to mean other outputs. */
const GENERATION = 1;

/** Digits of a name that the places of outputs carry. */
const SHOWN_DIGITS = 12;

/**
 * The name of the job that separates this version of a song in this way into this place: a hash of all of that. Whoever
 * submits the same again submits nothing.
 */
export function jobId(job: Omit<SongJob, "place" | "bytes">): JobId {
  const { input, version, output, model, settings } = job;
  const told = canonical([GENERATION, input, version, output, model.sha256, settings]);
  const digits = createHash("sha256").update(told).digest("hex").slice(0, 32);
  if (!isJobId(digits)) throw new DataError(`${digits} names no job.`);
  return digits;
}

/** Whether a text has the form of a job's name. */
export function isJobId(text: string | undefined): text is JobId {
  return text !== undefined && /^[0-9a-f]{32}$/.test(text);
}

/** The folder of a song's outputs: its own, since the job's name is part of it. */
export function placeOf(folder: string, track: string, id: JobId): string {
  const own = `${track}-${id.slice(0, SHOWN_DIGITS)}`;
  return folder === "" ? own : `${folder}/${own}`;
}

/** JSON with the fields of all objects in one order, and without those that are undefined. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

/** What a setting may be, as far as its form goes; what it means is checked where it is used. */
const forms: { readonly [Name in keyof Required<JobSettings>]: (value: unknown) => boolean } = {
  stems: (value) => Array.isArray(value) && value.every((stem) => typeof stem === "string"),
  twoStems: isText,
  aggregate: (value) =>
    isRecord(value) && Object.values(value).every((sum) => Array.isArray(sum) && sum.every(isText)),
  residual: isFlag,
  sumToMix: isFlag,
  start: isCount,
  duration: isCount,
  mono: isFlag,
  tolerance: isText,
  audioTrack: (value) => isText(value) || isCount(value),
  format: isRecord,
  clip: (value) => clipModes.some((mode: ClipMode) => mode === value),
  tags: isFlag,
  phase: isRecord,
  level: (value) => levelSettings.some((level) => level === value),
  shifts: (value) => isCount(value) && Number(value) >= 1 && Number(value) <= MOST_SHIFTS,
  gate: isFlag,
  chunkSize: isCount,
};

/**
 * Checks what came out of a queue: others write there too.
 * @throws {DataError} naming the field at fault.
 */
export function checkSongJob(value: unknown): asserts value is SongJob {
  if (!isRecord(value)) throw new DataError("The job is no object.");
  for (const name of ["input", "version", "output", "place"]) {
    if (!isText(value[name])) throw new DataError(`The job's ${name} is no text.`);
  }
  const { bytes, model, settings, place } = value;
  if (!isCount(bytes)) throw new DataError("The job's bytes are no number.");
  if (!isRecord(model) || !isText(model.name) || !isText(model.sha256)) {
    throw new DataError("The job's model has no name or checksum.");
  }
  if (
    String(place)
      .split("/")
      .some((name) => name === "" || name === "." || name === "..")
  ) {
    throw new DataError("The job's place leads out of its output.");
  }
  if (!isRecord(settings)) throw new DataError("The job's settings are no object.");
  for (const [name, setting] of Object.entries(settings)) {
    const form = Object.entries(forms).find(([known]) => known === name)?.[1];
    if (!form?.(setting)) throw new DataError(`The job's setting ${name} makes no sense.`);
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isFlag(value: unknown): value is boolean {
  return typeof value === "boolean";
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}
