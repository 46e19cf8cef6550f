/** One song under one method or several: read, estimate, score. */
import { type Dataset, openDataset, readStems, sumOfStems } from "../datasets/index.ts";
import { AudioError, DataError } from "../errors.ts";
import { type FittedEstimates, fitLength } from "./fitLength.ts";
import type { HearingSettings } from "./hearing.ts";
import { type Method, type MethodSpec, openMethod } from "./methods.ts";
import { scoreMethods, type TrackScores } from "./trackScores.ts";

/** What is given to the methods: the data set's own mixture, or the sum of its stems. */
export type MixtureChoice = "file" | "sum";

/** All that a worker has to know. */
export interface JobSetup {
  readonly data: string;
  readonly methods: readonly MethodSpec[];
  readonly mixture: MixtureChoice;
  /** Who listens, where HAAQI is scored too. */
  readonly hearing?: HearingSettings;
}

export interface TrackJob {
  readonly song: string;
  /** Numbers of methods within the setup. For HAAQI several together cost less than one by one. */
  readonly methods: readonly number[];
}

/** Opens data and methods once, then scores any number of tracks, one at a time. */
export class TrackScorer implements AsyncDisposable {
  readonly #dataset: Dataset;
  readonly #setup: JobSetup;
  readonly #methods = new Map<number, Method>();

  static async create(setup: JobSetup): Promise<TrackScorer> {
    return new TrackScorer(await openDataset(setup.data), setup);
  }

  private constructor(dataset: Dataset, setup: JobSetup) {
    this.#dataset = dataset;
    this.#setup = setup;
  }

  /**
   * @returns scores by method.
   * @throws what reading, estimating and scoring throw; AbortError.
   */
  async score(
    { song: name, methods }: TrackJob,
    signal?: AbortSignal,
  ): Promise<readonly TrackScores[]> {
    const song = this.#dataset.songs.find((candidate) => candidate.name === name);
    if (!song) throw new AudioError("not-found", `${this.#dataset.path} no longer has ${name}.`);
    const stems = await readStems(song, signal);
    const mixture =
      this.#setup.mixture === "sum" ? sumOfStems(stems) : await song.read("mixture", signal);
    const samples = stems.bass[0].length;
    if (mixture[0].length !== samples) {
      throw new DataError(
        `The mixture of ${name} has ${mixture[0].length} samples, its stems have ${samples}.`,
        "Bring them to one length, or evaluate the sum of the stems: --mixture sum.",
      );
    }
    const found: FittedEstimates[] = [];
    for (const index of methods) {
      const method = await this.#method(index);
      const task = { song, mixture, stems, ...(signal && { signal }) };
      found.push(fitLength(await method.estimate(task), samples));
    }
    const scores = await scoreMethods(
      stems,
      found.map(({ estimates }) => estimates),
      song.sampleRate,
      {
        ...(this.#setup.hearing && { hearing: this.#setup.hearing }),
        ...(signal && { signal }),
      },
    );
    return scores.map((own, i) => ({ ...own, notes: found[i].notes }));
  }

  async #method(index: number): Promise<Method> {
    const method = this.#methods.get(index) ?? (await openMethod(this.#setup.methods[index]));
    this.#methods.set(index, method);
    return method;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const method of this.#methods.values()) await method[Symbol.asyncDispose]();
  }
}
