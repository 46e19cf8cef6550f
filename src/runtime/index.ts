/** The runtime room: one interface over native and WASM ONNX Runtime. */
export {
  type Availability,
  type Capabilities,
  capabilities,
  machineThreads,
} from "./capabilities.ts";
export { chosenDevice, type Device, type DevicePreference, devices } from "./device.ts";
export { checkAgreement, createTrustedSession, type Trial } from "./deviceAgreement.ts";
export { hasSharedMemory, type Importer, loadRuntime, type RuntimePackage } from "./load.ts";
export type {
  FloatTensor,
  FloatTensors,
  Runtime,
  RuntimePreference,
  Session,
  SessionOptions,
} from "./runtime.ts";
export { warmUp } from "./warmUp.ts";
