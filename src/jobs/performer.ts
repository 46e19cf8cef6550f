/** The work on one job, from its input to its manifest; the queue is not known here. */
import { demixFile } from "../demix/index.ts";
import { ArgumentError } from "../errors.ts";
import type { EngineTimes } from "../separation/index.ts";
import { version } from "../version.ts";
import { type Access, allowedPath } from "./access.ts";
import { DigestingStore } from "./digests.ts";
import { fetchSong } from "./fetchSong.ts";
import { FolderPlace } from "./folderPlace.ts";
import { below, parseLocation } from "./location.ts";
import { isDone, manifestOf, writeManifest } from "./manifest.ts";
import { S3Objects, type S3Options } from "./s3Objects.ts";
import { S3Place } from "./s3Place.ts";
import { Separators, type SeparatorTerms } from "./separators.ts";
import { type JobId, type SongJob, splitSettings } from "./songJob.ts";
import type { SongPlace } from "./songPlace.ts";

/** What a worker works with. */
export interface PerformerOptions extends SeparatorTerms, S3Options {
  /** What jobs may lead it to besides S3; nothing by default. */
  readonly access?: Access;
  /** Larger songs are refused, bytes; 4 GiB by default. */
  readonly mostBytes?: number;
  /** Bytes of the parts that outputs leave in; 5 MiB by default, the least that S3 takes. */
  readonly partBytes?: number;
}

/** One song's turn. */
export interface Turn {
  readonly id: JobId;
  readonly job: SongJob;
  /** Whether another worker may have begun with it. */
  readonly again: boolean;
  readonly signal: AbortSignal;
  /** Hears the finished fraction of the song, 0 to 1. */
  readonly onProgress: (fraction: number) => void;
}

/** What a song took. */
export interface Performance {
  /** Whether it had been done before: then nothing was. */
  readonly already: boolean;
  /** Seconds of music. */
  readonly duration: number;
  /** Seconds in all. */
  readonly seconds: number;
  /** Seconds by step: of the worker for fetch, decode, encode and finish, of all its threads for the others. */
  readonly steps: Readonly<Record<string, number>>;
}

/** Whoever does the work on songs: a {@link Performer}, or a stand-in. */
export interface Performs extends AsyncDisposable {
  /** @throws {XumxError} and others: why the song failed. */
  perform(turn: Turn): Promise<Performance>;
}

const MOST_BYTES = 4 * 2 ** 30;

/** Separates songs into places. */
export class Performer implements Performs {
  readonly #options: PerformerOptions;
  readonly #separators: Separators;
  #objects: Promise<S3Objects> | undefined;

  constructor(options: PerformerOptions = {}) {
    this.#options = options;
    this.#separators = new Separators(options);
  }

  async perform({ id, job, again, signal, onProgress }: Turn): Promise<Performance> {
    const start = performance.now();
    const since = (from: number) => (performance.now() - from) / 1e3;
    const place = await this.#place(job);
    if (await isDone(place, id))
      return { already: true, duration: 0, seconds: since(start), steps: {} };
    if (again) await place.clear();
    const { access = {}, mostBytes = MOST_BYTES } = this.#options;
    await using song = await fetchSong(job, { access, mostBytes, signal, s3: () => this.#s3() });
    const fetch = since(start);
    const store = new DigestingStore(place);
    const { result, engines } = await this.#separators.with(job, async (separator) => {
      const before = await separator.times();
      const result = await demixFile(separator, song, store, {
        ...{ ...splitSettings(job.settings).song, signal },
        onProgress: ({ fraction }) => onProgress(fraction ?? 0),
      });
      return { result, engines: difference(await separator.times(), before) };
    });
    const finishing = performance.now();
    const digests = await store.digests();
    const outputs = [...digests].map(([file, digest]) => ({
      ...{ name: file.slice(0, file.lastIndexOf(".")), file },
      ...digest,
    }));
    const seconds = since(start);
    const done = { id, job, input: song.digest, outputs, result, version, seconds };
    await writeManifest(place, manifestOf(done));
    const { decodeSeconds: decode, encodeSeconds: encode } = result;
    return {
      already: false,
      duration: result.frames / result.sampleRate,
      seconds: since(start),
      steps: { fetch, decode, ...engines, encode, finish: since(finishing) },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#separators[Symbol.asyncDispose]();
    await this.#objects?.then((objects) => objects.close()).catch(() => {});
    this.#objects = undefined;
  }

  async #place(job: SongJob): Promise<SongPlace> {
    const location = below(parseLocation(job.output), job.place);
    if (location.kind === "s3") {
      return new S3Place(await this.#s3(), location, this.#options.partBytes);
    }
    if (location.kind === "file") {
      return new FolderPlace(await allowedPath(location.path, this.#options.access ?? {}));
    }
    throw new ArgumentError(
      `${job.output}: nothing can be written there.`,
      "Outputs go into folders or s3://.",
    );
  }

  #s3(): Promise<S3Objects> {
    const opening = this.#objects ?? S3Objects.open(this.#options);
    this.#objects = opening;
    return opening;
  }
}

function difference(after: EngineTimes, before: EngineTimes): Readonly<Record<string, number>> {
  const { forward, network, phase, inverse } = after;
  return {
    forward: forward - before.forward,
    network: network - before.network,
    phase: phase - before.phase,
    inverse: inverse - before.inverse,
  };
}
