/** The few messages of ONNX that we write, with their field numbers (onnx.proto, IR version 8). */

import { bytes, encode, type Field, float, integer, message, text } from "../../bytes/protobuf.ts";
import type { OnnxAttribute } from "../op.ts";
import { formatDim, type Shape } from "../shape.ts";

/** TensorProto.DataType. */
const elementType = { float32: 1, int64: 7 } as const;

/** AttributeProto.AttributeType. */
const attributeType = { float: 1, integer: 2, text: 3, integers: 7 } as const;

/** IR version 8 is the one of opset 17. */
const irVersion = 8;
const opsetVersion = 17;

/** A whole model as bytes. */
export function encodeModel(graph: readonly Field[]): Uint8Array<ArrayBuffer> {
  return encode([
    integer(1, irVersion),
    text(2, "xumx-slicq"),
    message(7, graph),
    message(8, [text(1, ""), integer(2, opsetVersion)]),
  ]);
}

/** GraphProto: its nodes, initializers, inputs and outputs are given as fields of their own. */
export function graphFields(name: string, members: readonly Field[]): Field[] {
  return [text(2, name), ...members];
}

/** GraphProto.node. */
export function nodeField(
  opType: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Readonly<Record<string, OnnxAttribute>>,
): Field {
  return message(1, [
    ...inputs.map((input) => text(1, input)),
    ...outputs.map((output) => text(2, output)),
    text(3, outputs[0]),
    text(4, opType),
    ...Object.entries(attributes).map(([name, value]) => message(5, attribute(name, value))),
  ]);
}

/** GraphProto.initializer of float32 values, which are asked for when they are written. */
export function floatInitializer(
  name: string,
  shape: readonly number[],
  length: number,
  read: () => Float32Array,
): Field {
  return initializer(name, shape, elementType.float32, 4 * length, () => rawBytes(read()));
}

/** GraphProto.initializer of a vector of integers. */
export function integerInitializer(name: string, values: readonly number[]): Field {
  const raw = rawBytes(BigInt64Array.from(values, BigInt));
  return initializer(name, [values.length], elementType.int64, raw.length, () => raw);
}

/** GraphProto.input. */
export function inputField(name: string, shape: Shape): Field {
  return valueInfo(11, name, shape);
}

/** GraphProto.output. */
export function outputField(name: string, shape: Shape): Field {
  return valueInfo(12, name, shape);
}

function initializer(
  name: string,
  shape: readonly number[],
  type: number,
  length: number,
  read: () => Uint8Array,
): Field {
  return message(5, [
    ...shape.map((size) => integer(1, size)),
    integer(2, type),
    text(8, name),
    bytes(9, length, read),
  ]);
}

function attribute(name: string, value: OnnxAttribute): Field[] {
  if (typeof value === "number") {
    return [text(1, name), integer(3, value), integer(20, attributeType.integer)];
  }
  if (typeof value === "string") {
    return [text(1, name), text(4, value), integer(20, attributeType.text)];
  }
  if ("float" in value) {
    return [text(1, name), float(2, value.float), integer(20, attributeType.float)];
  }
  return [
    text(1, name),
    ...value.map((item) => integer(8, item)),
    integer(20, attributeType.integers),
  ];
}

function valueInfo(field: number, name: string, shape: Shape): Field {
  const dims = shape.map((dim) =>
    message(1, [typeof dim === "number" ? integer(1, dim) : text(2, formatDim(dim))]),
  );
  const tensor = message(1, [integer(1, elementType.float32), message(2, dims)]);
  return message(field, [text(1, name), message(2, [tensor])]);
}

/** ONNX stores numbers little-endian, as does every machine that our runtimes support. */
function rawBytes(values: Float32Array | BigInt64Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
