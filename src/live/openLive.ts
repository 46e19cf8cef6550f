/** Live separation from a model's name or path (Node). */
import { orAborted } from "../abort.ts";
import { loadRuntime } from "../runtime/index.ts";
import { modelAtHand } from "../separation/openOptions.ts";
import { prepareAt } from "../separation/openSeparator.ts";
import { prepareModel } from "../separation/preparedModel.ts";
import type { LiveSeparator } from "./liveSeparator.ts";
import {
  checkLiveOptions,
  defaultLiveModel,
  type OpenLiveOptions,
  startLive,
} from "./openOptions.ts";

/**
 * Loads a model for live separation, on one processor core in the thread that calls.
 *
 * @example
 * await using live = await openLive({ sampleRate: 48000, gains: { vocals: 0 } });
 * console.log(live.latency); // samples
 * const { mix, stems } = await live.push([left, right]); // as many samples as came
 * @throws {LiveError} "not-live" for a model that sees too far ahead; what {@link loadModel} and {@link Separator.create}
 * throw; {@link AbortError} if the signal in `loading` fires.
 */
export async function openLive(options: OpenLiveOptions = {}): Promise<LiveSeparator> {
  checkLiveOptions(options);
  const { model = defaultLiveModel, loading = {}, ...others } = options;
  const start = async () => {
    const prepared = await (typeof model === "string" || model instanceof URL
      ? prepareAt(model, loading)
      : modelAtHand(model).then(prepareModel));
    return startLive(prepared, others, () => loadRuntime(options.runtime ?? "auto"));
  };
  const starting = start();
  try {
    return await orAborted(starting, loading.signal);
  } catch (error) {
    void starting.then((live) => live.close()).catch(() => undefined);
    throw error;
  }
}
