/** The thread that loads a model and prepares it: the program's own stays free, and the memory of it is left there. */
import { ThreadError, WeightsError } from "../errors.ts";
import type { FoundModel } from "../models/index.ts";
import type { Client } from "../threads/index.ts";
import { startThread } from "../threads/node.ts";
import type { PreparedModel } from "./preparedModel.ts";

/** What the thread that loads is asked, in this order. */
export interface ModelProtocol {
  /** Reads and checks the model. The answer is all but the numbers of its weights. */
  readonly outline: { readonly request: FoundModel; readonly answer: PreparedModel };
  /** The numbers, which take longest. */
  readonly numbers: { readonly request: undefined; readonly answer: Float32Array<ArrayBuffer> };
}

/**
 * Memory for the objects of a model that is being read, MiB: tens of times what any good file needs. Its numbers lie in
 * typed arrays, which do not count.
 */
const HEAP = 128;

/** A thread for one model. */
export class ModelThread implements AsyncDisposable {
  readonly #client: Client<ModelProtocol> = startThread<ModelProtocol>(
    new URL("./modelWorker.js", import.meta.url),
    { name: "The thread that loads the model", ending: "at once", heap: HEAP },
  );

  #source = "The model";

  /**
   * All of the model but the numbers of its weights.
   * @throws what {@link readModel} and {@link prepareModel} throw; {@link AbortError}
   */
  async outline(found: FoundModel, signal?: AbortSignal): Promise<PreparedModel> {
    this.#source = found.source;
    return this.#told(this.#client.ask("outline", found, { signal }));
  }

  /** The numbers of the weights of the model that was outlined; once. */
  numbers(signal?: AbortSignal): Promise<Float32Array<ArrayBuffer>> {
    return this.#told(this.#client.ask("numbers", undefined, { signal }));
  }

  async #told<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      if (!(error instanceof ThreadError && error.code === "out-of-memory")) throw error;
      throw new WeightsError(
        "weights-corrupt",
        `${this.#source}: reading it takes more memory than any model needs.`,
        "Get the file again from where it came from.",
        { cause: error },
      );
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.close();
  }
}
