/** Checksums by cyclic redundancy: of FLAC, Ogg, MP3, zip, PNG and event files. */

/** For checksums whose bytes come in with their most significant bit first: FLAC's and Ogg's. */
function table(polynomial: number, bits: 8 | 16 | 32): Uint32Array {
  const top = 2 ** (bits - 1);
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte << (bits - 8);
    for (let i = 0; i < 8; i++) crc = crc & top ? (crc << 1) ^ polynomial : crc << 1;
    return bits === 32 ? crc : crc & (2 * top - 1);
  });
}

/** For those whose least significant bit comes first; the polynomial is written the other way round too. */
function reflectedTable(polynomial: number): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let i = 0; i < 8; i++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
    return crc;
  });
}

const table8 = table(0x07, 8);
const table16 = table(0x8005, 16);
const tableOgg = table(0x04c11db7, 32);
const tableArc = reflectedTable(0xa001);
const tableCastagnoli = reflectedTable(0x82f63b78);
/** tables32[k][b]: the checksum of byte b followed by k zero bytes. */
const tables32: readonly Uint32Array[] = (() => {
  const all = [reflectedTable(0xedb88320)];
  for (let k = 1; k < 8; k++) {
    all.push(all[k - 1].map((before) => (before >>> 8) ^ all[0][before & 255]));
  }
  return all;
})();

/** CRC-8 of FLAC's frame headers, polynomial x⁸ + x² + x + 1. */
export function crc8(bytes: Uint8Array): number {
  let crc = 0;
  for (let i = 0; i < bytes.length; i++) crc = table8[crc ^ bytes[i]];
  return crc;
}

/** CRC-16 of FLAC's frames, polynomial x¹⁶ + x¹⁵ + x² + 1. */
export function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (let i = 0; i < bytes.length; i++) {
    crc = ((crc << 8) & 0xffff) ^ table16[(crc >>> 8) ^ bytes[i]];
  }
  return crc;
}

/** CRC-16 of MP3's Info tag: the same polynomial, least significant bit first; goes on from `crc`. */
export function crc16Arc(bytes: Uint8Array, crc = 0): number {
  for (let i = 0; i < bytes.length; i++) crc = (crc >>> 8) ^ tableArc[(crc ^ bytes[i]) & 0xff];
  return crc;
}

/** CRC-32 of Ogg's pages, polynomial 0x04c11db7, begun at zero; `crc` is that of the bytes before. */
export function crc32Ogg(bytes: Uint8Array, crc = 0): number {
  let sum = crc;
  for (let i = 0; i < bytes.length; i++) sum = (sum << 8) ^ tableOgg[(sum >>> 24) ^ bytes[i]];
  return sum >>> 0;
}

/** CRC-32 of zip and PNG, polynomial 0xedb88320 (reflected), eight bytes a step; 0 to 2³² − 1. */
export function crc32(bytes: Uint8Array): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = tables32;
  let crc = 0xffffffff;
  let i = 0;
  for (; i + 8 <= bytes.length; i += 8) {
    const x = crc ^ (bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24));
    crc =
      t7[x & 255] ^
      t6[(x >>> 8) & 255] ^
      t5[(x >>> 16) & 255] ^
      t4[x >>> 24] ^
      t3[bytes[i + 4]] ^
      t2[bytes[i + 5]] ^
      t1[bytes[i + 6]] ^
      t0[bytes[i + 7]];
  }
  for (; i < bytes.length; i++) crc = (crc >>> 8) ^ t0[(crc ^ bytes[i]) & 255];
  return ~crc >>> 0;
}

/** CRC-32C (Castagnoli) of TensorBoard's records, polynomial 0x82f63b78 (reflected); 0 to 2³² − 1. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) {
    crc = (crc >>> 8) ^ tableCastagnoli[(crc ^ bytes[i]) & 255];
  }
  return ~crc >>> 0;
}
