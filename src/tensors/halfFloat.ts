/**
 * The two 16-bit floating-point formats of weight files, to and from single precision.
 *
 * Everything works on bit patterns, so that payloads of NaNs survive.
 * binary16: 1 sign, 5 exponent (bias 15), 10 fraction bits. bfloat16: the upper half of a binary32.
 */

/** Bits of the binary32 equal to each of the 65536 binary16 patterns. */
let table: Uint32Array | undefined;

function buildTable(): Uint32Array {
  const bits = new Uint32Array(65536);
  for (let half = 0; half < 65536; half++) {
    const sign = (half & 0x8000) << 16;
    const exponent = (half >>> 10) & 31;
    const fraction = half & 0x3ff;
    if (exponent === 31) bits[half] = sign | 0x7f800000 | (fraction << 13);
    else if (exponent > 0) bits[half] = sign | ((exponent + 112) << 23) | (fraction << 13);
    else if (fraction === 0) bits[half] = sign;
    else {
      // Subnormal, fraction · 2^-24: its leading one becomes the hidden bit.
      const lead = 31 - Math.clz32(fraction);
      bits[half] = sign | ((lead + 103) << 23) | ((fraction << (23 - lead)) & 0x7fffff);
    }
  }
  return bits;
}

/** Every binary16 pattern as the equal single; exact. */
export function widenHalf(halves: Uint16Array): Float32Array {
  table ??= buildTable();
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) bits[i] = table[halves[i]];
  return new Float32Array(bits.buffer);
}

/** Whether no binary16 pattern is NaN or an infinity. */
export function areFiniteHalves(halves: Uint16Array): boolean {
  const { buffer, byteOffset, length } = halves;
  const pairs = byteOffset % 4 === 0 ? length >> 1 : 0;
  const words = new Uint32Array(buffer, pairs > 0 ? byteOffset : 0, pairs);
  // An exponent of all ones, and one more, carries into the bit of the sign.
  let carried = 0;
  for (let i = 0; i < words.length; i++) carried |= (words[i] & 0x7c007c00) + 0x04000400;
  for (let i = 2 * pairs; i < length; i++) carried |= (halves[i] & 0x7c00) + 0x0400;
  return (carried & 0x80008000) === 0;
}

/** Every bfloat16 pattern as the equal single; exact. */
export function widenBfloat(halves: Uint16Array): Float32Array {
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) bits[i] = halves[i] << 16;
  return new Float32Array(bits.buffer);
}

/**
 * Singles rounded to binary16, to nearest with ties to even.
 *
 * Magnitudes of 65520 and more become infinite, of 2^-25 and less become 0; signs are kept.
 */
export function narrowToHalf(floats: Float32Array): Uint16Array {
  const bits = new Uint32Array(floats.buffer, floats.byteOffset, floats.length);
  const halves = new Uint16Array(floats.length);
  for (let i = 0; i < bits.length; i++) {
    halves[i] = ((bits[i] >>> 16) & 0x8000) | narrowMagnitude(bits[i] & 0x7fffffff);
  }
  return halves;
}

/** Bits of a non-negative single to bits of the nearest half. */
function narrowMagnitude(bits: number): number {
  if (bits > 0x7f800000) return 0x7c00 | ((bits >>> 13) & 0x3ff || 0x200);
  if (bits >= 0x477ff000) return 0x7c00;
  if (bits >= 0x38800000) return (bits - 0x38000000 + 0xfff + ((bits >>> 13) & 1)) >>> 13;
  if (bits <= 0x33000000) return 0;
  // The result is subnormal: the whole significand is shifted down to units of 2^-24.
  const shift = 126 - (bits >>> 23);
  const significand = (bits & 0x7fffff) | 0x800000;
  const down = significand >>> shift;
  const rest = significand & ((1 << shift) - 1);
  const tie = 1 << (shift - 1);
  return rest > tie || (rest === tie && (down & 1) === 1) ? down + 1 : down;
}
