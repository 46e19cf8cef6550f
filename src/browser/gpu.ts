/** Whether there is a GPU, before anything is fetched for it. */
import { RuntimeError } from "../errors.ts";

/** @throws {RuntimeError} "device-unavailable" with the reason, where the browser has no WebGPU or the machine no GPU for it */
export async function checkGpu(): Promise<void> {
  const { gpu } = globalThis.navigator;
  if (!gpu) throw noGpu("this browser has no WebGPU, or not on a page that is not secure");
  if (!(await gpu.requestAdapter())) throw noGpu("the browser finds no adapter");
}

function noGpu(reason: string): RuntimeError {
  return new RuntimeError(
    "device-unavailable",
    `The network cannot run on the device webgpu: ${reason}.`,
    "WebGPU needs a current browser, a page of https or localhost, and a GPU that the browser does not block; or use the device cpu.",
  );
}
