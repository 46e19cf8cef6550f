/** The checksums of FLAC and Ogg, most significant bit first. */

function crcTable(polynomial: number, bits: 8 | 16 | 32): Uint32Array {
  const top = 2 ** (bits - 1);
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte << (bits - 8);
    for (let i = 0; i < 8; i++) crc = crc & top ? (crc << 1) ^ polynomial : crc << 1;
    return bits === 32 ? crc : crc & (2 * top - 1);
  });
}

const table8 = crcTable(0x07, 8);
const table16 = crcTable(0x8005, 16);
const table32 = crcTable(0x04c11db7, 32);

/** CRC-8, polynomial x⁸ + x² + x + 1. */
export function crc8(bytes: Uint8Array): number {
  let crc = 0;
  for (let i = 0; i < bytes.length; i++) crc = table8[crc ^ bytes[i]];
  return crc;
}

/** CRC-16, polynomial x¹⁶ + x¹⁵ + x² + 1. */
export function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (let i = 0; i < bytes.length; i++) {
    crc = ((crc << 8) & 0xffff) ^ table16[(crc >>> 8) ^ bytes[i]];
  }
  return crc;
}

/** CRC-32 of Ogg, polynomial 0x04c11db7, begun at zero; `crc` is that of the bytes before. */
export function crc32(bytes: Uint8Array, crc = 0): number {
  let sum = crc;
  for (let i = 0; i < bytes.length; i++) sum = (sum << 8) ^ table32[(sum >>> 24) ^ bytes[i]];
  return sum >>> 0;
}
