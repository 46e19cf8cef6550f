import { spawnSync } from "node:child_process";
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { removeUnfinished, Staging } from "./staging.ts";
import { filesBelow } from "./testing/songs.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "xumx-staging-"));
});
afterEach(async () => {
  await chmod(folder, 0o700);
  await rm(folder, { recursive: true, force: true });
});

const at = (...names: readonly string[]) => join(folder, ...names);

/** Places files of some text, and gives the staging back. */
async function staged(staging: Staging, ...names: readonly string[]): Promise<Staging> {
  for (const name of names) await writeFile(await staging.place(at(name)), `new ${name}`);
  return staging;
}

const everything = async () => (await readdir(folder, { recursive: true })).sort();

describe("staging", () => {
  it("shows nothing before the end, then all files, in any folders", async () => {
    const staging = await staged(new Staging(), "a/one", "a/two", "b/c/three");
    const hidden = await filesBelow(folder);
    expect(hidden).toHaveLength(3);
    expect(await readdir(at("a"))).toEqual([
      expect.stringMatching(/^\.xumx-[0-9a-f]{8}-\d+-[0-9a-f]{8}\.part$/),
    ]);
    await staging.commit();
    await staging[Symbol.asyncDispose]();
    expect(await everything()).toEqual(["a", "a/one", "a/two", "b", "b/c", "b/c/three"]);
    expect(await readFile(at("b/c/three"), "utf8")).toBe("new b/c/three");
  });

  it("without an end leaves neither files nor the folders that were made for it", async () => {
    await mkdir(at("a"));
    await writeFile(at("a/old"), "old");
    const staging = await staged(new Staging(), "a/b/c/one", "a/two", "d/e/three");
    await staging.scratch(at("f", "g"));
    await staging[Symbol.asyncDispose]();
    expect(await everything()).toEqual(["a", "a/old"]);
  });

  it("takes all back if one cannot be moved, and restores what was there", async () => {
    await writeFile(at("one"), "old one");
    const staging = await staged(new Staging(), "one", "two", "three", "four");
    // A folder came to stand in the way after the place was given out.
    await mkdir(at("three"));
    await writeFile(at("three", "inside"), "");
    await expect(staging.commit()).rejects.toMatchObject({
      code: "unwritable",
      message: expect.stringContaining("three"),
    });
    await staging[Symbol.asyncDispose]();
    expect(await everything()).toEqual(["one", "three", "three/inside"]);
    expect(await readFile(at("one"), "utf8")).toBe("old one");
  });

  it("replaces what a link leads to, and keeps the link", async () => {
    await mkdir(at("elsewhere"));
    await writeFile(at("elsewhere", "real"), "old");
    await symlink(at("elsewhere", "real"), at("link"));
    await symlink(at("elsewhere"), at("folder"));
    const staging = await staged(new Staging(), "link", "folder/more");
    await staging.commit();
    await staging[Symbol.asyncDispose]();
    expect(await readFile(at("elsewhere", "real"), "utf8")).toBe("new link");
    expect((await lstat(at("link"))).isSymbolicLink()).toBe(true);
    expect(await readFile(at("elsewhere", "more"), "utf8")).toBe("new folder/more");
    expect((await readdir(at("elsewhere"))).sort()).toEqual(["more", "real"]);
  });

  it("refuses folders and what is no regular file", async () => {
    await mkdir(at("a"));
    const staging = new Staging();
    await expect(staging.place(at("a"))).rejects.toMatchObject({ code: "unwritable" });
    await expect(staging.place("/dev/null")).rejects.toMatchObject({ code: "unwritable" });
    await writeFile(at("b"), "");
    await expect(staging.place(at("b", "c"))).rejects.toMatchObject({
      code: "unwritable",
      message: expect.stringContaining(at("b", "c")),
    });
    // A place where nothing can be made; it once made Node try forever.
    if (process.platform === "linux") {
      await expect(staging.place("/proc/none/a")).rejects.toMatchObject({ code: "unwritable" });
    }
    await staging[Symbol.asyncDispose]();
    expect(await everything()).toEqual(["a", "b"]);
  });

  it("is removed at once when the program must leave", async () => {
    const staging = await staged(new Staging(), "a/b/one", "two");
    removeUnfinished();
    expect(await everything()).toEqual([]);
    await staging[Symbol.asyncDispose]();
  });

  it("clears away what a killed program left, and nothing of a running one", async () => {
    const { pid } = spawnSync(process.execPath, ["-e", ""]);
    const running = await staged(new Staging(), "one");
    const [own] = await readdir(folder);
    await mkdir(at(own.replace(`-${process.pid}-`, `-${pid}-`)));
    await mkdir(at(own.replace(/^\.xumx-.{8}/, ".xumx-00000000")));
    await mkdir(at(".part"));
    const staging = await staged(new Staging(), "two");
    expect(await readdir(folder)).toHaveLength(4);
    await staging[Symbol.asyncDispose]();
    await running[Symbol.asyncDispose]();
    expect(await readdir(folder)).toHaveLength(2);
  });

  it("tells errors with the target's name", async () => {
    const staging = new Staging();
    const part = await staging.place(at("one.wav"));
    const { AudioError } = await import("../errors.ts");
    const told = staging.told(new AudioError("unwritable", `${part} cannot be written: full`));
    expect(told).toMatchObject({ message: `${at("one.wav")} cannot be written: full` });
    const aside = await staging.scratch(at("two.wav"));
    expect(staging.told(new AudioError("unwritable", `${aside}: full`))).toMatchObject({
      message: `${at("two.wav")}: full`,
    });
    const other = new Error("other");
    expect(staging.told(other)).toBe(other);
    await staging[Symbol.asyncDispose]();
  });
});
