import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findSongs, type SearchOptions } from "./songSearch.ts";

let root: string;
const files = [
  ...["b.wav", "a.FLAC", "cover.jpg", ".hidden.wav", "._b.wav", "song [live].wav", "song l.wav"],
  ...["notes", "no ending"],
  ...["disc 1/1.mp3", "disc 1/2.mp3", "disc 1/deep/3.ogg", ".git/4.wav", "[box]/5.wav"],
  ...["separated/v2/b/vocals.wav", "empty/readme.txt"],
];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "xumx-search-"));
  for (const file of files) {
    await mkdir(dirname(join(root, file)), { recursive: true });
    await writeFile(join(root, file), file);
  }
  await symlink(join(root, "b.wav"), join(root, "c.wav"));
  await symlink(root, join(root, "disc 1", "around"));
  await symlink(join(root, "gone"), join(root, "dangling.wav"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function search(inputs: readonly string[], options: SearchOptions = {}) {
  const { songs, problems } = await findSongs(
    inputs.map((input) => join(root, input)),
    options,
  );
  return {
    songs: songs.map(({ path }) => relative(root, path)),
    folders: songs.map(({ folder }) => folder),
    bytes: songs.map(({ bytes }) => bytes),
    problems: problems.map(({ input, error }) => [relative(root, input), error.code]),
  };
}

const top = ["a.FLAC", "b.wav", "c.wav", "song [live].wav", "song l.wav"];

describe("songs are found", () => {
  it("by name, whatever the ending, in the order given, each once", async () => {
    expect(await search(["no ending", "b.wav", "a.FLAC", "./b.wav"])).toEqual({
      songs: ["no ending", "b.wav", "a.FLAC"],
      folders: ["", "", ""],
      bytes: [9, 5, 6],
      problems: [],
    });
  });

  it("in a folder: directly inside, sorted, by ending, nothing hidden", async () => {
    const found = await search(["."]);
    expect(found.songs).toEqual(top);
    expect(found.folders).toEqual(top.map(() => ""));
  });

  it("in all folders below, but not in circles, and not among the outputs", async () => {
    const found = await search(["."], { recursive: true, except: join(root, "separated") });
    expect(found.songs).toEqual([
      "[box]/5.wav",
      ...["a.FLAC", "b.wav", "c.wav"],
      ...["disc 1/1.mp3", "disc 1/2.mp3", "disc 1/deep/3.ogg"],
      ...["song [live].wav", "song l.wav"],
    ]);
    expect(found.folders[0]).toBe("[box]");
    expect(found.folders[6]).toBe("disc 1/deep");
    expect(found.problems).toEqual([]);
  });

  it("among the outputs too where those are asked for", async () => {
    const except = join(root, "separated");
    for (const input of ["separated", "separated/**/*.wav"]) {
      const found = await search([input], { recursive: true, except });
      expect(found.songs).toEqual(["separated/v2/b/vocals.wav"]);
      expect(found.folders).toEqual(["v2/b"]);
    }
  });

  it.each([
    ["*.wav", ["b.wav", "c.wav", "song [live].wav", "song l.wav"]],
    ["*.{flac,FLAC}", ["a.FLAC"]],
    ["disc 1/[12].mp3", ["disc 1/1.mp3", "disc 1/2.mp3"]],
    ["**/*.ogg", ["disc 1/deep/3.ogg"]],
    ["[box]/*", ["[box]/5.wav"]],
    ["*", top],
  ])("by the pattern %s", async (pattern, songs) => {
    const found = await search([pattern], { except: join(root, "separated") });
    expect(found.songs).toEqual(songs);
    expect(found.problems).toEqual([]);
  });

  it("by a name that could be a pattern", async () => {
    expect((await search(["song [live].wav"])).songs).toEqual(["song [live].wav"]);
    expect((await search(["[box]"])).songs).toEqual(["[box]/5.wav"]);
  });

  it("or else a problem each, and the others all the same", async () => {
    const found = await search(["gone.wav", "*.xyz", "b.wav", "empty", "dangling.wav"]);
    expect(found.songs).toEqual(["b.wav"]);
    expect(found.problems).toEqual([
      ["gone.wav", "not-found"],
      ["*.xyz", "not-found"],
      ["empty", "not-found"],
      ["dangling.wav", "not-found"],
    ]);
  });

  it.skipIf(process.getuid?.() === 0 || process.platform === "win32")(
    "unless a folder may not be read",
    async () => {
      await mkdir(join(root, "locked"));
      await chmod(join(root, "locked"), 0);
      expect((await search(["locked"])).problems).toEqual([["locked", "unreadable"]]);
      await rm(join(root, "locked"), { recursive: true });
    },
  );
});
