/** Devices: where a session computes, and why one of them may not do. */
import { RuntimeError } from "../errors.ts";
import { installLine } from "./nativePackage.ts";

/** The processor; a GPU through WebGPU (Vulkan, Metal or Direct3D 12); an NVIDIA GPU through CUDA. */
export const devices = ["cpu", "webgpu", "cuda"] as const;

/** Where the network computes. */
export type Device = (typeof devices)[number];

/**
 * A device, or the choice left to the program. "auto" is the processor: GPUs are taken only when asked for, as long as
 * nobody has measured that one is faster here. The network is half of the work, and the other half stays on the
 * processor in any case.
 */
export type DevicePreference = Device | "auto";

/** The device that a preference stands for. */
export function chosenDevice(preference: DevicePreference = "auto"): Device {
  return preference === "auto" ? "cpu" : preference;
}

/** @throws RuntimeError "device-unavailable" if a runtime was built without the device */
export function checkDevice(device: Device, runtime: string, offered: readonly Device[]): void {
  if (offered.includes(device)) return;
  throw new RuntimeError(
    "device-unavailable",
    `${runtime} cannot compute on ${device}, only on ${offered.join(" and ")}.`,
    runtime === "onnxruntime-web"
      ? `For a GPU the native runtime is needed (${installLine}); or use the device cpu.`
      : `Use the device ${offered.join(" or ")}.`,
  );
}

/** What to do when a runtime knows a device but the machine does not let it work. */
const remedies: Readonly<Record<Exclude<Device, "cpu">, string>> = {
  webgpu:
    "WebGPU needs a GPU with a current Vulkan (Linux), Metal (macOS) or Direct3D 12 (Windows) driver; or use the device cpu.",
  cuda:
    "CUDA needs Linux x64, an NVIDIA driver, CUDA 12 with cuDNN 9, and the libraries that " +
    "ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node fetches; or use the device cpu.",
};

/** The error for a device on which a session cannot be made. */
export function deviceFailed(device: Exclude<Device, "cpu">, cause: unknown): RuntimeError {
  const message = cause instanceof Error ? cause.message : String(cause);
  // ONNX Runtime says first where in its sources it gave up.
  const reason = message
    .replace(/^.* was false\. |^\w+: /s, "")
    .split("\n", 1)[0]
    .replace(/\.$/, "");
  return new RuntimeError(
    "device-unavailable",
    `The network cannot run on the device ${device}: ${reason}.`,
    remedies[device],
    { cause },
  );
}
