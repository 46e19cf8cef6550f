/** One separator is kept between songs, for as long as they want the same model. */
import { ArgumentError, openSeparator, RuntimeError, type Separator } from "xumx-slicq";
import { readModel } from "./describeModel.ts";
import type { ModelFiles, SeparatorMeans } from "./protocol.ts";

export class SeparatorShelf {
  #kept: { readonly key: string; readonly separator: Separator } | undefined;
  /** Whether a GPU was asked for and refused: it is not asked again. */
  #gpuRefused = false;

  /**
   * The separator of a model.
   * @param key models of the same key are the same.
   * @throws what `openSeparator` throws.
   */
  async get(
    key: string,
    files: ModelFiles,
    means: SeparatorMeans,
    signal: AbortSignal,
  ): Promise<Separator> {
    const whole = `${key} on ${means.device} by ${means.threads}, ${means.passes} times`;
    if (this.#kept?.key === whole) return this.#kept.separator;
    await this.close();
    const separator = await this.#open(files, means, signal).catch((error: unknown) => {
      // Who sees whole songs does not see more of them in further passes.
      if (!(error instanceof ArgumentError) || means.passes === 1) throw error;
      return this.#open(files, { ...means, passes: 1 }, signal);
    });
    this.#kept = { key: whole, separator };
    return separator;
  }

  async close(): Promise<void> {
    const kept = this.#kept;
    this.#kept = undefined;
    await kept?.separator.close();
  }

  async #open(
    files: ModelFiles,
    { device, threads, passes }: SeparatorMeans,
    signal: AbortSignal,
  ): Promise<Separator> {
    // Bytes of safetensors are read by a worker of the library's.
    const model = files.kind === "safetensors" ? files.weights : await readModel(files);
    const options = { model, threads, shifts: passes, loading: { signal } };
    if (device === "auto" && !this.#gpuRefused && (await hasGpu())) {
      try {
        return await openSeparator({ ...options, device: "webgpu" });
      } catch (error) {
        if (!(error instanceof RuntimeError)) throw error;
        this.#gpuRefused = true;
      }
    }
    return openSeparator({ ...options, device: "cpu" });
  }
}

/** Whether there is a GPU that is one: programs that pretend to be one are slower than our own. */
async function hasGpu(): Promise<boolean> {
  const adapter = await navigator.gpu?.requestAdapter().catch(() => null);
  return adapter ? !adapter.info.isFallbackAdapter : false;
}
