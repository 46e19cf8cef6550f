/** Puts songs into the queue; those that are in it already are left alone. */

import { throwIfAborted, XumxError } from "../errors.ts";
import { describeModel, modelHash } from "../models/index.ts";
import { chooseOutputs } from "../stems/index.ts";
import type { Access } from "./access.ts";
import { type FoundInput, findInputs, type InputProblem } from "./findInputs.ts";
import { below, locationUrl, parseLocation } from "./location.ts";
import { asked, type OpenQueue, openQueue } from "./queue.ts";
import type { QueueOptions } from "./queueOptions.ts";
import { S3Objects, type S3Options } from "./s3Objects.ts";
import { type JobId, type JobSettings, jobId, placeOf, type SongJob } from "./songJob.ts";

/** What is submitted, and how. */
export interface SubmitOptions extends QueueOptions, S3Options {
  /** Where outputs go: a folder or `s3://bucket/prefix`. Each song gets a folder of its own in it. */
  readonly output: string;
  /** Name or path of the model; the one in the box by default. */
  readonly model?: string;
  readonly settings?: JobSettings;
  /** Whether folders within folders are searched too. */
  readonly recursive?: boolean;
  /** Hosts that songs may be fetched from. */
  readonly access?: Access;
  readonly signal?: AbortSignal;
  /** Hears of each song and each problem. */
  readonly onEvent?: (event: SubmitEvent) => void;
}

/** What happens to an input. */
export type SubmitEvent =
  | {
      readonly kind: "submitted" | "known";
      readonly id: JobId;
      readonly input: string;
      /** Where the song's outputs will be. */
      readonly output: string;
    }
  | { readonly kind: "problem"; readonly input: string; readonly error: XumxError };

/** How a submission ended, in numbers of songs. */
export interface SubmitSummary {
  readonly submitted: number;
  /** Those that were in the queue before, waiting, done or failed. */
  readonly known: number;
  readonly problems: number;
}

/** Songs that are put into the queue at once. */
const BATCH = 500;
/** Addresses of the web that are asked for at once. */
const ASKING = 16;

/**
 * Finds songs and puts each into the queue, unless that job is there already. Inputs may come as they are read: a million
 * of them need no more memory than a few hundred.
 *
 * @param inputs files, folders, patterns, `s3://bucket/prefix`, `https://…`.
 * @throws {ArgumentError} for settings that do not go together; {@link WeightsError} for a model that is not there;
 * {@link JobError}; {@link AbortError}. What is wrong with single inputs is an event.
 */
export async function submit(
  inputs: Iterable<string> | AsyncIterable<string>,
  options: SubmitOptions,
): Promise<SubmitSummary> {
  const { model = undefined, settings = {}, signal, onEvent, access } = options;
  chooseOutputs(settings);
  const root = parseLocation(options.output);
  const output = locationUrl(below(root, ""));
  // Nothing is written there now, but below it must make sense.
  below(root, "song");
  const described = await describeModel(model);
  const weights = { name: model ?? described.name, sha256: await modelHash(model) };
  let objects: Promise<S3Objects> | undefined;
  const s3 = () => {
    objects ??= S3Objects.open(options);
    return objects;
  };
  await using open = await openQueue(options);
  const counts = { submitted: 0, known: 0, problems: 0 };
  let batch: SongJob[] = [];
  const flush = async () => {
    const jobs = batch;
    batch = [];
    if (jobs.length === 0) return;
    for (const { id, job, known } of await asked(options, () => add(open, jobs))) {
      counts[known ? "known" : "submitted"]++;
      const place = locationUrl(below(parseLocation(job.output), job.place));
      onEvent?.({ kind: known ? "known" : "submitted", id, input: job.input, output: place });
    }
  };
  const problem = (input: string, error: XumxError) => {
    counts.problems++;
    onEvent?.({ kind: "problem", input, error });
  };
  try {
    const how = {
      recursive: options.recursive ?? false,
      ...{ s3, ...(access && { access }), ...(signal && { signal }) },
    };
    for await (const found of allFound(inputs, how, signal)) {
      if ("error" in found) problem(found.input, found.error);
      else batch.push(jobOf(found, output, weights, settings));
      if (batch.length >= BATCH) await flush();
    }
    await flush();
  } finally {
    await objects?.then((opened) => opened.close()).catch(() => {});
  }
  return counts;
}

function jobOf(
  { input, version, bytes, track, folder }: FoundInput,
  output: string,
  model: SongJob["model"],
  settings: JobSettings,
): SongJob {
  const asked = { input, version, output, model, settings };
  return { ...asked, bytes, place: placeOf(folder, track, jobId(asked)) };
}

/** Puts jobs into the queue, and tells which were there already. */
async function add({ queue, redis }: OpenQueue, jobs: readonly SongJob[]) {
  const named = jobs.map((job) => ({ id: jobId(job), job }));
  const there = redis.pipeline();
  for (const { id } of named) there.exists(queue.toKey(id));
  const answers = (await there.exec()) ?? [];
  const seen = new Set<JobId>();
  const all = named.map(({ id, job }, i) => {
    const known = answers[i]?.[1] === 1 || seen.has(id);
    seen.add(id);
    return { id, job, known };
  });
  const fresh = all.filter(({ known }) => !known);
  await queue.addBulk(
    fresh.map(({ id, job }) => ({ name: "song" as const, data: job, opts: { jobId: id } })),
  );
  return all;
}

/** What all inputs lead to. Of addresses of the web several are asked for at once. */
async function* allFound(
  inputs: Iterable<string> | AsyncIterable<string>,
  how: Parameters<typeof findInputs>[1],
  signal: AbortSignal | undefined,
): AsyncGenerator<FoundInput | InputProblem> {
  const asking: Promise<readonly (FoundInput | InputProblem)[]>[] = [];
  for await (const input of inputs) {
    throwIfAborted(signal);
    if (!input.startsWith("https://")) {
      yield* safely(input, how);
      continue;
    }
    const answer = gathered(safely(input, how));
    // Whoever waits for it hears of its failure.
    answer.catch(() => {});
    asking.push(answer);
    if (asking.length >= ASKING) yield* (await asking.shift()) ?? [];
  }
  for (const answer of asking) yield* await answer;
}

async function gathered<T>(source: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const one of source) all.push(one);
  return all;
}

/** The same, but one input's trouble is its own. */
async function* safely(
  input: string,
  how: Parameters<typeof findInputs>[1],
): AsyncGenerator<FoundInput | InputProblem> {
  try {
    yield* findInputs(input, how);
  } catch (error) {
    if (!(error instanceof XumxError) || error.code === "aborted") throw error;
    if (error.code === "package-missing") throw error;
    yield { input, error };
  }
}
