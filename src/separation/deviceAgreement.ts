/** Trust in a device: it must once compute the same masks as the processor, before it computes any for a song. */
import { RuntimeError } from "../errors.ts";
import { fewestSlices, framesIn, inputName } from "../networks/cdae/index.ts";
import type { FloatTensor, Runtime, Session } from "../runtime/index.ts";
import { planSliCQT } from "../transforms/slicqt/index.ts";
import type { PreparedModel } from "./preparedModel.ts";

/** Least agreement in dB. A GPU that rounds products to 10 bits has about 60, one that computes wrongly 10 or 20. */
const LEAST_DECIBELS = 45;

/** The weights of a model as the network's inputs. */
export function weightFeeds({ places, data }: PreparedModel["weights"]) {
  const feeds: Record<string, FloatTensor> = {};
  for (const { name, shape, offset, length } of places) {
    feeds[name] = { dims: shape, data: data.subarray(offset, offset + length) };
  }
  return feeds;
}

/**
 * Runs a model's network on a few slices of noise, on a session's device and on the processor.
 *
 * ONNX Runtime 1.30 needs this: its WebGPU convolutions in groups are wrong where a group's channels are more than 3 and
 * no multiple of 4, as in the published models.
 *
 * @throws RuntimeError "device-unavailable" if they disagree
 */
export async function checkAgreement(
  model: PreparedModel,
  runtime: Runtime,
  session: Session,
): Promise<void> {
  const feeds = { ...weightFeeds(model.weights), ...noiseFeeds(model) };
  await using processor = await runtime.createSession(model.onnx, { threads: 1, device: "cpu" });
  const expected = await processor.run(feeds);
  const found = await session.run(feeds);
  let signal = 0;
  let noise = 0;
  for (const [name, { data }] of Object.entries(expected)) {
    data.forEach((value, i) => {
      signal += value ** 2;
      noise += (value - found[name].data[i]) ** 2;
    });
  }
  const decibels = 10 * Math.log10(signal / noise);
  if (decibels >= LEAST_DECIBELS) return;
  throw new RuntimeError(
    "device-unavailable",
    `The device ${session.device} computes the network of ${model.name} wrongly: it is within ` +
      `${decibels.toFixed(0)} dB of the processor, ${LEAST_DECIBELS} are needed.`,
    "This is a fault of its driver or of ONNX Runtime. Use the device cpu.",
  );
}

/** Normalised magnitudes as they might be, the same at every call. */
function noiseFeeds({ scale, architecture }: PreparedModel): Record<string, FloatTensor> {
  const slices = fewestSlices(architecture);
  const frames = framesIn(architecture, slices);
  let state = 1;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 30 - 1;
  };
  const feeds: Record<string, FloatTensor> = {};
  planSliCQT(scale).blocks.forEach(({ bins, coefs }, block) => {
    const data = Float32Array.from({ length: coefs * bins * frames }, next);
    feeds[inputName(block)] = { dims: [1, coefs, bins, frames], data };
  });
  return feeds;
}
