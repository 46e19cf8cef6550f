/** The graph room: a small typed graph of tensor ops, its builder, rewriting, and the ONNX writer. */
export { type BatchNormOperands, GraphBuilder } from "./builder.ts";
export { evaluate } from "./evaluate.ts";
export { foldBatchNorm } from "./foldBatchNorm.ts";
export { gradientName, gradients } from "./gradients.ts";
export type { Graph, Input, Node, Output, Parameter, Value } from "./graph.ts";
export { writeOnnx } from "./onnx/writeOnnx.ts";
export type { NumericArray } from "./op.ts";
export type { Op, OpAttributes } from "./ops/index.ts";
export { type Dim, type DimLike, formatShape, type Shape } from "./shape.ts";
