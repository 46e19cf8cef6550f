/** Weight files: safetensors in and out, PyTorch files in, and the check of names and shapes. */
export { checkFinite, checkState } from "./checkState.ts";
export { type Checkpoint, checkPthStart, readCheckpoint, readPth } from "./pth.ts";
export {
  checkSafetensorsHead,
  type FloatFormat,
  readSafetensors,
  readSafetensorsMetadata,
  type SafetensorsFile,
  type SafetensorsOptions,
  safetensorsHeadSize,
  writeSafetensors,
} from "./safetensors.ts";
export {
  type BoolTensor,
  elementCount,
  type F32Tensor,
  type F64Tensor,
  floatData,
  type I32Tensor,
  type I64Tensor,
  type StateDict,
  type Tensor,
  type U8Tensor,
} from "./tensor.ts";
