/** Trust in a device: it must once compute the same as the processor, before it computes anything for a song. */
import { RuntimeError } from "../errors.ts";
import type { FloatTensors, Runtime, Session, SessionOptions } from "./runtime.ts";

/** Least agreement in dB. A GPU that rounds products to 10 bits has about 60, one that computes wrongly 10 or 20. */
const LEAST_DECIBELS = 45;

/** A network and something to try it on. */
export interface Trial {
  /** What the network is called, for messages. */
  readonly name: string;
  readonly onnx: Uint8Array;
  /** Makes inputs for all it reads. */
  readonly feeds: () => FloatTensors;
}

/**
 * Prepares a network; on another device than the processor, only after both have computed the same.
 *
 * @throws RuntimeError "device-unavailable" if they disagree; as {@link Runtime.createSession}
 */
export async function createTrustedSession(
  runtime: Runtime,
  trial: Trial,
  options: SessionOptions,
): Promise<Session> {
  const session = await runtime.createSession(trial.onnx, options);
  if (session.device === "cpu") return session;
  try {
    await checkAgreement(runtime, session, trial);
  } catch (error) {
    await session.close();
    throw error;
  }
  return session;
}

/**
 * Runs a network once on a session's device and on the processor.
 *
 * ONNX Runtime 1.30 needs this: its WebGPU convolutions in groups are wrong where a group's channels are more than 3 and
 * no multiple of 4, as in the published models.
 *
 * @throws RuntimeError "device-unavailable" if they disagree
 */
export async function checkAgreement(
  runtime: Runtime,
  session: Session,
  { name, onnx, feeds }: Trial,
): Promise<void> {
  const inputs = feeds();
  await using processor = await runtime.createSession(onnx, { threads: 1, device: "cpu" });
  const expected = await processor.run(inputs);
  const found = await session.run(inputs);
  let signal = 0;
  let noise = 0;
  for (const [output, { data }] of Object.entries(expected)) {
    data.forEach((value, i) => {
      signal += value ** 2;
      noise += (value - found[output].data[i]) ** 2;
    });
  }
  const decibels = 10 * Math.log10(signal / noise);
  if (decibels >= LEAST_DECIBELS) return;
  throw new RuntimeError(
    "device-unavailable",
    `The device ${session.device} computes the network of ${name} wrongly: it is within ` +
      `${decibels.toFixed(0)} dB of the processor, ${LEAST_DECIBELS} are needed.`,
    "This is a fault of its driver or of ONNX Runtime. Use the device cpu.",
  );
}
