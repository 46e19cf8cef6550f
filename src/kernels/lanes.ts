/** Lane layout in plain TypeScript: element e has eight floats, four real parts then four imaginary parts. */

/** Lanes in a vector: slices transformed side by side. */
export const LANES = 4;

/** Bytes of one complex element in lane layout. */
export const ELEMENT_BYTES = 32;

/** Floats of one complex element in lane layout. */
export const ELEMENT_FLOATS = 8;

/** Views of a memory, taken anew at each use because growing detaches them. */
export function floats(memory: WebAssembly.Memory): Float32Array {
  return new Float32Array(memory.buffer);
}

/** See {@link floats}. */
export function doubles(memory: WebAssembly.Memory): Float64Array {
  return new Float64Array(memory.buffer);
}

/** Copies lane `lane` of n elements at a byte offset out as doubles. */
export function readLane(
  memory: WebAssembly.Memory,
  pointer: number,
  n: number,
  lane: number,
): { readonly re: Float64Array; readonly im: Float64Array } {
  const data = floats(memory);
  const re = new Float64Array(n);
  const im = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const at = pointer / 4 + i * ELEMENT_FLOATS + lane;
    re[i] = data[at];
    im[i] = data[at + LANES];
  }
  return { re, im };
}

/** Writes n elements of one lane. */
export function writeLane(
  memory: WebAssembly.Memory,
  pointer: number,
  lane: number,
  re: ArrayLike<number>,
  im: ArrayLike<number>,
): void {
  const data = floats(memory);
  for (let i = 0; i < re.length; i++) {
    const at = pointer / 4 + i * ELEMENT_FLOATS + lane;
    data[at] = re[i];
    data[at + LANES] = im[i];
  }
}
