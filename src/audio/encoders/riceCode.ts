/** The code of FLAC's residuals: partitions of equal length, each in the Rice code that suits it. (RFC 9639, section 9.2.5.) */
import type { BitWriter } from "./bitWriter.ts";

/** How a residual is coded. */
export interface RicePlan {
  /** The block is cut into 2^partitionOrder partitions. */
  readonly partitionOrder: number;
  /** Of each partition: how many bits of a number are written plainly. */
  readonly parameters: readonly number[];
  /** Length of the code, nearly. */
  readonly bits: number;
}

const MAX_PARTITION_ORDER = 6;
/** Parameters above this need a longer field. */
const MAX_SHORT_PARAMETER = 14;

/** Plans the code of `residual` from `order` on, the predictor's order. */
export function planRice(residual: Int32Array, length: number, order: number): RicePlan {
  let partitionOrder = 0;
  while (partitionOrder < MAX_PARTITION_ORDER && fits(length, partitionOrder + 1, order)) {
    partitionOrder++;
  }
  let sums = partitionSums(residual, length, order, partitionOrder);
  let best = { partitionOrder, sums, bits: planBits(sums, length, order) };
  while (partitionOrder > 0) {
    partitionOrder--;
    sums = halved(sums);
    const bits = planBits(sums, length, order);
    if (bits < best.bits) best = { partitionOrder, sums, bits };
  }
  const parameters = Array.from(best.sums, (sum, partition) =>
    bestParameter(sum / partitionCount(length >> best.partitionOrder, partition, order)),
  );
  return { partitionOrder: best.partitionOrder, parameters, bits: best.bits };
}

function fits(length: number, partitionOrder: number, order: number): boolean {
  return length % 2 ** partitionOrder === 0 && length >> partitionOrder > order;
}

/** Sums of the numbers with their signs folded into the lowest bit. */
function partitionSums(
  residual: Int32Array,
  length: number,
  order: number,
  partitionOrder: number,
): Float64Array {
  const size = length >> partitionOrder;
  const sums = new Float64Array(1 << partitionOrder);
  for (let partition = 0, i = order; partition < sums.length; partition++) {
    let sum = 0;
    for (const end = (partition + 1) * size; i < end; i++) {
      const value = residual[i];
      sum += ((value << 1) ^ (value >> 31)) >>> 0;
    }
    sums[partition] = sum;
  }
  return sums;
}

/** The sums of partitions of twice the length. */
function halved(sums: Float64Array): Float64Array {
  const out = new Float64Array(sums.length >> 1);
  for (let i = 0; i < out.length; i++) out[i] = sums[2 * i] + sums[2 * i + 1];
  return out;
}

function partitionCount(size: number, partition: number, order: number): number {
  return partition === 0 ? size - order : size;
}

/**
 * A number costs k + 1 bits and as many as its higher bits count, on average (mean + ½)/2^k − ½. One more plain bit pays
 * while mean + ½ > 2^(k+1).
 */
function bestParameter(mean: number): number {
  return Math.max(0, 31 - Math.clz32(Math.ceil(mean + 0.5) - 1));
}

/** Bits of the whole code, nearly. */
function planBits(sums: Float64Array, length: number, order: number): number {
  const size = length / sums.length;
  let bits = 6;
  let longest = 0;
  for (let partition = 0; partition < sums.length; partition++) {
    const sum = sums[partition];
    const count = partitionCount(size, partition, order);
    const k = bestParameter(sum / count);
    bits += count * (k + 0.5) + (sum + count / 2) / 2 ** k;
    if (k > longest) longest = k;
  }
  return bits + sums.length * (longest > MAX_SHORT_PARAMETER ? 5 : 4);
}

/** Writes a residual as planned. */
export function writeRice(
  writer: BitWriter,
  residual: Int32Array,
  length: number,
  order: number,
  plan: RicePlan,
): void {
  const { partitionOrder, parameters } = plan;
  const long = Math.max(...parameters) > MAX_SHORT_PARAMETER;
  writer.write(long ? 1 : 0, 2);
  writer.write(partitionOrder, 4);
  const size = length >> partitionOrder;
  parameters.forEach((k, partition) => {
    writer.write(k, long ? 5 : 4);
    writer.rice(residual, partition === 0 ? order : partition * size, (partition + 1) * size, k);
  });
}
