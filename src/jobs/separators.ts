/** Separators of a worker: one for every song at work, opened for the model that it asks for, and kept for the next one. */
import { JobError } from "../errors.ts";
import { type FindModelOptions, modelHash } from "../models/index.ts";
import type { DevicePreference, RuntimePreference } from "../runtime/index.ts";
import { type OpenSeparatorOptions, openSeparator, type Separator } from "../separation/index.ts";
import { canonical, type SeparatorSettings, type SongJob, splitSettings } from "./songJob.ts";

/** How a worker separates. */
export interface SeparatorTerms {
  /** Processor threads of each song; 1 by default. */
  readonly threads?: number;
  readonly runtime?: RuntimePreference;
  readonly device?: DevicePreference;
  /** Whether and how models are fetched that are not there. */
  readonly loading?: FindModelOptions;
  /** Opens separators instead of {@link openSeparator}. */
  readonly open?: (options: OpenSeparatorOptions) => Promise<Separator>;
}

interface Kept {
  readonly key: string;
  readonly separator: Separator;
}

export class Separators implements AsyncDisposable {
  readonly #terms: SeparatorTerms;
  readonly #idle: Kept[] = [];
  /** Checksums of the models here, by name. */
  readonly #hashes = new Map<string, string>();

  constructor(terms: SeparatorTerms) {
    this.#terms = terms;
  }

  /**
   * Lends a separator for one song; it comes back when that is over.
   * @throws {JobError} "wrong-model" if the model of that name is another one here; what {@link openSeparator} throws.
   */
  async with<T>(job: SongJob, use: (separator: Separator) => Promise<T>): Promise<T> {
    const { model } = job;
    const settings = splitSettings(job.settings).separator;
    const key = canonical([model, settings]);
    const found = this.#idle.findIndex((kept) => kept.key === key);
    const kept =
      found >= 0
        ? this.#idle.splice(found, 1)[0]
        : { key, separator: await this.#open(model, settings) };
    try {
      return await use(kept.separator);
    } finally {
      this.#idle.push(kept);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { separator } of this.#idle.splice(0)) await separator.close();
  }

  async #open({ name, sha256 }: SongJob["model"], settings: SeparatorSettings): Promise<Separator> {
    const here = this.#hashes.get(name) ?? (await modelHash(name));
    if (here !== sha256) {
      throw new JobError(
        "wrong-model",
        `The model ${name} of this worker is another one than that of the submission.`,
        "Give all machines the same model, then retry the song.",
      );
    }
    this.#hashes.set(name, here);
    // Others that are idle hold memory that this one may need.
    for (const { separator } of this.#idle.splice(0)) await separator.close();
    const { threads = 1, runtime, device, loading, open = openSeparator } = this.#terms;
    return open({
      ...{ model: name, threads },
      ...(runtime && { runtime }),
      ...(device && { device }),
      ...settings,
      ...(loading && { loading }),
    });
  }
}
