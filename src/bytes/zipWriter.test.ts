import { unzipSync } from "fflate";
import { expect, it } from "vitest";
import { readZipDirectory, readZipEntry } from "./zip.ts";
import { ZipWriter } from "./zipWriter.ts";

const files = new Map([
  ["evaluation/a.flac", Uint8Array.from({ length: 1000 }, (_, i) => i % 251)],
  ["evaluation/Größe 大.txt", new TextEncoder().encode("0.5")],
  ["evaluation/empty", new Uint8Array(0)],
]);

it.each([
  ["small", undefined],
  ["as if beyond 4 GB", 500],
])("archives that readers understand, %s", (_, small) => {
  const writer = new ZipWriter(small);
  const parts = [...files].flatMap(([name, bytes]) => [writer.begin(name, bytes), bytes]);
  const archive = Uint8Array.from([...parts, writer.end()].flatMap((part) => [...part]));
  const directory = readZipDirectory(archive);
  expect([...directory.keys()]).toEqual([...files.keys()]);
  for (const [name, entry] of directory) {
    expect(readZipEntry(archive, entry)).toEqual(files.get(name));
  }
  if (small === undefined) {
    expect(unzipSync(archive)).toEqual(Object.fromEntries(files));
  }
});
