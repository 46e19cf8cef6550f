/** Models of X-UMX as asteroid saves them: one PyTorch file that says everything itself. */
import { Fields, unsupported } from "../networks/index.ts";
import { checkedSizes } from "../networks/umx/index.ts";
import { type Checkpoint, checkFinite } from "../tensors/index.ts";
import type { Model } from "./fromBytes.ts";

/** Whether a PyTorch file is such a model. */
export function isAsteroid({ beside }: Checkpoint): boolean {
  return typeof beside.model_name === "string" && "model_args" in beside;
}

/**
 * A model from such a file.
 *
 * @param name what to call the model
 * @throws WeightsError `weights-corrupt` or `weights-mismatch`
 */
export function modelFromAsteroid({ state, beside }: Checkpoint, name: string): Model {
  if (beside.model_name !== "XUMX") {
    throw unsupported(`The file holds asteroid's ${String(beside.model_name)}, not XUMX.`);
  }
  const args = new Fields(beside.model_args, "model_args");
  const [frameLength, window] = [args.number("in_chan"), args.number("window_length")];
  if (frameLength !== window) {
    throw unsupported(
      `The transform has frames of ${frameLength} and windows of ${window} samples.`,
    );
  }
  const given = {
    sampleRate: args.number("sample_rate"),
    frameLength,
    hop: args.number("n_hop"),
    channels: args.number("nb_channels"),
  };
  const sizes = checkedSizes(given, args.optional("sources"));
  return { config: { family: "xumx", ...sizes, name }, state: checkFinite(state) };
}
