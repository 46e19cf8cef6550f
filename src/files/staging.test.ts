import {
  chmod,
  link,
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
import { PrivateFolder, removeUnfinished, Staging, Unfinished } from "./index.ts";
import { writeJournal } from "./journal.ts";
import { leftoverIn, setAge } from "./testing/leftover.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "xumx-staging-"));
});
afterEach(async () => {
  await chmod(folder, 0o700);
  await rm(folder, { recursive: true, force: true });
});

const at = (...names: readonly string[]) => join(folder, ...names);
const text = (path: string) => readFile(path, "utf8");

/** Writes files of some text, and gives the staging back. */
async function staged(staging: Staging, ...names: readonly string[]): Promise<Staging> {
  for (const name of names) {
    const file = await staging.create(at(name));
    await file.write(Buffer.from(`new ${name}`));
    await file.close();
  }
  return staging;
}

const everything = async () => (await readdir(folder, { recursive: true })).sort();

describe("staging", () => {
  it("shows nothing before the end, then all files, in any folders", async () => {
    const staging = await staged(new Staging(), "a/one", "a/two", "b/c/three");
    for (const hidden of [at("a"), at("b/c")]) {
      const [name, ...others] = await readdir(hidden);
      expect(others).toEqual([]);
      expect(name).toMatch(/^\.xumx-.*\.part$/);
      expect((await lstat(join(hidden, name))).mode & 0o777).toBe(0o700);
    }
    await staging.commit();
    await staging[Symbol.asyncDispose]();
    expect(await everything()).toEqual(["a", "a/one", "a/two", "b", "b/c", "b/c/three"]);
    expect(await text(at("b/c/three"))).toBe("new b/c/three");
  });

  it("without an end leaves neither files nor the folders that were made for it", async () => {
    await mkdir(at("a"));
    await writeFile(at("a/old"), "old");
    const staging = await staged(new Staging(), "a/b/c/one", "a/two", "d/e/three");
    await staging.aside(at("f", "g"));
    await staging.create(at("h/open"));
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
    expect(await text(at("one"))).toBe("old one");
  });

  it("replaces what a link leads to, and keeps the link", async () => {
    await mkdir(at("elsewhere"));
    await writeFile(at("elsewhere", "real"), "old");
    await symlink(at("elsewhere", "real"), at("link"));
    await symlink(at("elsewhere"), at("folder"));
    const staging = await staged(new Staging({ within: folder }), "link", "folder/more");
    await staging.commit();
    await staging[Symbol.asyncDispose]();
    expect(await text(at("elsewhere", "real"))).toBe("new link");
    expect((await lstat(at("link"))).isSymbolicLink()).toBe(true);
    expect(await text(at("elsewhere", "more"))).toBe("new folder/more");
    expect((await readdir(at("elsewhere"))).sort()).toEqual(["more", "real"]);
  });

  it("never follows a link out of the output folder", async () => {
    await mkdir(at("outside/deep"), { recursive: true });
    await mkdir(at("out"));
    await writeFile(at("outside/file"), "old");
    await symlink(at("outside/file"), at("out/vocals"));
    await symlink(at("outside"), at("out/song"));
    await using staging = new Staging({ within: at("out") });
    for (const name of ["vocals", "song/drums", "song/new/bass", "song/deep/other", "../beside"]) {
      await expect(staging.create(join(at("out"), name))).rejects.toMatchObject({
        code: "unwritable",
        message: expect.stringMatching(/leads out of/),
      });
    }
    expect(await readdir(at("out"))).toEqual(["song", "vocals"]);
    expect(await readdir(at("outside"))).toEqual(["deep", "file"]);
    // The folder itself may be reached by a link, and need not exist.
    await symlink(at("outside"), at("link"));
    await using linked = new Staging({ within: at("link") });
    await staged(linked, "link/song/vocals");
    await linked.commit();
    expect(await text(at("outside/song/vocals"))).toBe("new link/song/vocals");
  });

  it("puts a file in the place of a link to nothing, and makes nothing at its end", async () => {
    await symlink(at("nothing"), at("link"));
    await using staging = await staged(new Staging({ within: folder }), "link");
    await staging.commit();
    expect((await lstat(at("link"))).isFile()).toBe(true);
  });

  it("refuses folders and what is no regular file", async () => {
    await mkdir(at("a"));
    const staging = new Staging();
    await expect(staging.create(at("a"))).rejects.toMatchObject({ code: "unwritable" });
    await expect(staging.create("/dev/null")).rejects.toMatchObject({ code: "unwritable" });
    await writeFile(at("b"), "");
    await expect(staging.create(at("b", "c"))).rejects.toMatchObject({
      code: "unwritable",
      message: expect.stringContaining(at("b", "c")),
    });
    // A place where nothing can be made; it once made Node try forever.
    if (process.platform === "linux") {
      await expect(staging.create("/proc/none/a")).rejects.toMatchObject({ code: "unwritable" });
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
});

describe("a program that is killed while it moves files", () => {
  /** One of two new files has its name, the other has not. */
  async function killed(): Promise<string> {
    await writeFile(at("vocals"), "old vocals");
    await writeFile(at("drums"), "old drums");
    for (const name of ["vocals", "drums"]) setAge(at(name), 60);
    const hidden = leftoverIn(folder);
    await writeFile(join(hidden, "0"), "new vocals");
    await writeFile(join(hidden, "1"), "new drums");
    await writeJournal(hidden, [
      { part: "0", name: "vocals" },
      { part: "1", name: "drums" },
    ]);
    await link(at("vocals"), join(hidden, "0.old"));
    await rm(at("vocals"));
    await link(join(hidden, "0"), at("vocals"));
    await rm(join(hidden, "0"));
    return hidden;
  }

  it("leaves a song that does not count as complete", async () => {
    const hidden = await killed();
    const unfinished = new Unfinished();
    expect(await unfinished.has(at("drums"))).toBe(true);
    expect(await unfinished.has(at("vocals"))).toBe(false);
    expect(await unfinished.has(at("other"))).toBe(false);
    await rm(hidden, { recursive: true });
    expect(await new Unfinished().has(at("drums"))).toBe(false);
  });

  it("has its moves finished by the next one that writes there", async () => {
    await killed();
    await using staging = await staged(new Staging(), "something else");
    expect(await text(at("drums"))).toBe("new drums");
    expect(await text(at("vocals"))).toBe("new vocals");
    expect(await new Unfinished().has(at("drums"))).toBe(false);
    await staging.commit();
  });

  it("does not have newer files replaced", async () => {
    await killed();
    setAge(at("drums"), -60);
    await using _folder = await PrivateFolder.create(folder);
    expect(await text(at("drums"))).toBe("old drums");
    expect((await readdir(folder)).filter((name) => name.endsWith(".part"))).toHaveLength(1);
  });

  it("cannot have its list lead anywhere else", async () => {
    await mkdir(at("a"));
    await writeFile(at("precious"), "precious");
    setAge(at("precious"), 60);
    const hidden = leftoverIn(at("a"));
    await writeFile(join(hidden, "0"), "evil");
    await writeJournal(hidden, [{ part: "0", name: "../precious" }]);
    await PrivateFolder.create(at("a")).then((made) => made[Symbol.asyncDispose]());
    expect(await text(at("precious"))).toBe("precious");
    expect(await everything()).toEqual(["a", "precious"]);
  });
});
