import { zipSync } from "fflate";
import { expect, it } from "vitest";
import { crc32 } from "./crc.ts";
import { readZipDirectory, readZipEntry, ZipError } from "./zip.ts";

const text = (s: string) => new TextEncoder().encode(s);
const files = { "a/one": text("first"), "a/ünï": text("second ".repeat(50)), "a/empty": text("") };

function readAll(archive: Uint8Array): Record<string, string> {
  const entries = [...readZipDirectory(archive).values()];
  return Object.fromEntries(
    entries.map((entry) => [entry.name, new TextDecoder().decode(readZipEntry(archive, entry))]),
  );
}

/** A zip64 archive of one stored entry, all of whose sizes stand in the 64-bit fields. */
function zip64(name: string, content: Uint8Array): Uint8Array {
  const ones = 0xffffffff;
  const local = new DataView(new ArrayBuffer(30));
  local.setUint32(0, 0x04034b50, true);
  local.setUint16(26, name.length, true);
  const entry = new DataView(new ArrayBuffer(46));
  entry.setUint32(0, 0x02014b50, true);
  entry.setUint32(16, crc32(content), true);
  entry.setUint32(20, ones, true);
  entry.setUint32(24, ones, true);
  entry.setUint16(28, name.length, true);
  entry.setUint16(30, 4 + 4 + 28, true);
  entry.setUint32(42, ones, true);
  const extra = new DataView(new ArrayBuffer(36));
  extra.setUint16(0, 0x7777, true);
  extra.setUint16(4, 1, true);
  extra.setUint16(6, 28, true);
  extra.setBigUint64(8, BigInt(content.length), true);
  extra.setBigUint64(16, BigInt(content.length), true);
  const start = 30 + name.length + content.length;
  const size = 46 + name.length + 36;
  const end64 = new DataView(new ArrayBuffer(56));
  end64.setUint32(0, 0x06064b50, true);
  end64.setBigUint64(32, 1n, true);
  end64.setBigUint64(40, BigInt(size), true);
  end64.setBigUint64(48, BigInt(start), true);
  const locator = new DataView(new ArrayBuffer(20));
  locator.setUint32(0, 0x07064b50, true);
  locator.setBigUint64(8, BigInt(start + size), true);
  const end = new DataView(new ArrayBuffer(22));
  end.setUint32(0, 0x06054b50, true);
  for (const at of [8, 10]) end.setUint16(at, 0xffff, true);
  for (const at of [12, 16]) end.setUint32(at, ones, true);
  const parts = [local, text(name), content, entry, text(name), extra, end64, locator, end];
  return Uint8Array.from(
    parts.flatMap((part) => [...new Uint8Array(part.buffer, part.byteOffset, part.byteLength)]),
  );
}

/** Overwrites bytes at `offset` after the last place where `signature` stands. */
function patch(
  archive: Uint8Array,
  signature: number[],
  offset: number,
  bytes: number[],
): Uint8Array {
  const copy = archive.slice();
  for (let at = copy.length - 4; at >= 0; at--) {
    if (signature.every((byte, i) => copy[at + i] === byte)) {
      copy.set(bytes, at + offset);
      return copy;
    }
  }
  throw new Error("no such signature");
}
const endSignature = [0x50, 0x4b, 5, 6];
const entrySignature = [0x50, 0x4b, 1, 2];
const localSignature = [0x50, 0x4b, 3, 4];

it.each([0, 6] as const)("reads what an independent writer wrote at level %d", (level) => {
  expect(readAll(zipSync(files, { level }))).toEqual({
    "a/one": "first",
    "a/ünï": "second ".repeat(50),
    "a/empty": "",
  });
});

it("reads an archive that does not begin its buffer", () => {
  const archive = zipSync(files, { level: 0 });
  const shifted = new Uint8Array(archive.length + 3);
  shifted.set(archive, 3);
  expect(readAll(shifted.subarray(3))["a/one"]).toBe("first");
});

it("reads the 64-bit fields of zip64", () => {
  expect(readAll(zip64("data", text("wide")))).toEqual({ data: "wide" });
});

it("gives stored entries as views", () => {
  const archive = zipSync(files, { level: 0 });
  const entry = readZipDirectory(archive).get("a/one");
  expect(entry && readZipEntry(archive, entry).buffer).toBe(archive.buffer);
});

it("finds the directory before a comment", () => {
  const archive = patch(zipSync(files, { level: 0 }), endSignature, 20, [3, 0]);
  expect(readAll(Uint8Array.from([...archive, 1, 2, 3]))["a/one"]).toBe("first");
});

const stored = zipSync({ x: text("hello") }, { level: 0 });
const deflated = zipSync({ x: text("hello ".repeat(99)) }, { level: 6 });

it.each<[string, Uint8Array, RegExp]>([
  ["cut short", stored.subarray(0, -1), /cut short/],
  ["nothing", new Uint8Array(0), /cut short/],
  ["a directory beyond the archive", patch(stored, endSignature, 12, [255, 255]), /beyond/],
  ["more entries than there are", patch(stored, endSignature, 10, [9, 0]), /Entry 1 of 9/],
  ["a damaged entry", patch(stored, entrySignature, 0, [0]), /Entry 0 of 1/],
  ["encryption", patch(stored, entrySignature, 8, [1]), /"x" is encrypted/],
  ["an unknown method", patch(stored, entrySignature, 10, [12]), /method 12/],
  ["two sizes", patch(stored, entrySignature, 24, [4]), /two different sizes/],
  ["an offset beyond", patch(stored, entrySignature, 42, [200]), /beyond the archive/],
  ["a damaged local header", patch(stored, localSignature, 0, [0]), /no local header/],
  ["a long local name", patch(stored, localSignature, 26, [255, 255]), /beyond the archive/],
  ["altered content", patch(stored, localSignature, 31, [0]), /checksum/],
  ["a wrong checksum", patch(stored, entrySignature, 16, [0, 0, 0, 0]), /checksum/],
  [
    "a bomb of 480 MiB",
    patch(deflated, entrySignature, 24, [0, 0, 0, 0x1e]),
    /lies about its size/,
  ],
  ["a bomb of 3 GiB", patch(deflated, entrySignature, 24, [0, 0, 0, 0xc0]), /more than 536870912/],
  ["less content than claimed", patch(deflated, entrySignature, 24, [0, 16]), /checksum|inflated/],
  ["damaged deflate data", patch(deflated, localSignature, 31, [255, 255]), /inflated|checksum/],
  [
    "one name twice",
    patch(zipSync({ x: text(""), y: text("") }), entrySignature, 46, [0x78]),
    /twice/,
  ],
])("refuses %s", (_, archive, message) => {
  expect(() => readAll(archive)).toThrow(ZipError);
  expect(() => readAll(archive)).toThrow(message);
});
