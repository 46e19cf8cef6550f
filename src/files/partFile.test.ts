import { mkdtemp, open, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { FileError } from "../errors.ts";
import { PartFile, writeAtomically } from "./partFile.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "xumx-part-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Methods of open files, to listen to and to break. */
async function fileMethods(): Promise<
  Record<"sync" | "datasync", () => Promise<void>> & { write(): Promise<unknown> }
> {
  const probe = await open(join(folder, "probe"), "w");
  await probe.close();
  await rm(join(folder, "probe"));
  return Object.getPrototypeOf(probe);
}

it("has its name only when it is whole, and replaces what was there", async () => {
  const path = join(folder, "deep", "x");
  await writeAtomically(path, Uint8Array.of(1), "ü");
  expect([...(await readFile(path))]).toEqual([1, 0xc3, 0xbc]);
  const file = await PartFile.create(path);
  await file.write(new Uint8Array(1 << 20).fill(7));
  await file.rewrite(Uint8Array.of(9));
  expect((await readFile(path)).length).toBe(3);
  await file.close();
  await file.close();
  await file.abort();
  const written = await readFile(path);
  expect(written.length).toBe(1 << 20);
  expect([written[0], written[1], written.at(-1)]).toEqual([9, 7, 7]);
  expect(await readdir(join(folder, "deep"))).toEqual(["x"]);
});

it("is forced to the disk on the way where it is long; what fails there is told at its end", async () => {
  const datasync = vi.spyOn(await fileMethods(), "datasync");
  try {
    const path = join(folder, "long");
    const chunk = new Uint8Array(3 << 20).fill(5);
    const write = async (file: PartFile) => {
      for (let i = 0; i < 7; i++) await file.write(chunk);
    };
    const good = await PartFile.create(path);
    await write(good);
    await good.close();
    expect(datasync).toHaveBeenCalled();
    expect((await readFile(path)).equals(Buffer.alloc(7 * chunk.length, 5))).toBe(true);
    datasync.mockRejectedValue(Object.assign(new Error("the disk is broken"), { code: "EIO" }));
    const bad = await PartFile.create(join(folder, "bad"));
    await write(bad);
    await expect(bad.close()).rejects.toMatchObject({ code: "unwritable" });
    await bad.abort();
    expect(await readdir(folder)).toEqual(["long"]);
  } finally {
    datasync.mockRestore();
  }
});

it("is forced to the disk, and then its name is", async () => {
  const sync = vi.spyOn(await fileMethods(), "sync");
  try {
    await writeAtomically(join(folder, "x"), "content");
    expect(sync).toHaveBeenCalledTimes(2);
  } finally {
    sync.mockRestore();
  }
});

it("keeps its old content when the new one cannot be written, and leaves nothing aside", async () => {
  const path = join(folder, "x");
  await writeAtomically(path, "old");
  const full = Object.assign(new Error("ENOSPC: no space left on device, write"), {
    code: "ENOSPC",
  });
  for (const method of ["write", "sync"] as const) {
    const broken = vi.spyOn(await fileMethods(), method).mockRejectedValue(full);
    try {
      const error = await writeAtomically(path, "new").catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(FileError);
      expect(error).toMatchObject({
        code: "unwritable",
        message: `${path} cannot be written: the disk is full (ENOSPC).`,
        hint: expect.stringContaining("Make room"),
      });
    } finally {
      broken.mockRestore();
    }
  }
  expect(await readFile(path, "utf8")).toBe("old");
  expect(await readdir(folder)).toEqual(["x"]);
});
