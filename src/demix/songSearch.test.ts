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
    // What its name promises to be a song is not passed over.
    expect(found.problems).toEqual([["dangling.wav", "not-found"]]);
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
    expect(found.problems).toEqual([["dangling.wav", "not-found"]]);
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
    ["*.wav", ["b.wav", "c.wav", "song [live].wav", "song l.wav"], ["dangling.wav"]],
    ["[abc].wav", ["b.wav", "c.wav"], []],
    ["*.{flac,FLAC}", ["a.FLAC"], []],
    ["disc 1/[12].mp3", ["disc 1/1.mp3", "disc 1/2.mp3"], []],
    ["**/*.ogg", ["disc 1/deep/3.ogg"], []],
    ["[box]/*", ["[box]/5.wav"], []],
    ["*", top, ["dangling.wav"]],
  ])("by the pattern %s", async (pattern, songs, lost) => {
    const found = await search([pattern], { except: join(root, "separated") });
    expect(found.songs).toEqual(songs);
    expect(found.problems).toEqual(lost.map((path) => [path, "not-found"]));
  });

  it("videos too; transport streams by their content, for TypeScript ends alike", async () => {
    const films = join(root, ".films");
    await mkdir(films);
    const stream = Buffer.alloc(4 * 188);
    for (let at = 0; at < stream.length; at += 188) stream[at] = 0x47;
    await writeFile(join(films, "a.ts"), stream);
    await writeFile(
      join(films, "b.mts"),
      Buffer.concat([Buffer.alloc(4), stream.subarray(0, 188)]),
    );
    await writeFile(join(films, "c.ts"), "export const G = 1;");
    await writeFile(join(films, "d.mts"), "Go on;");
    const endings = ["MP4", "mkv", "webm", "mov", "avi", "m4v", "mpg", "flv", "3gp", "wmv", "m2ts"];
    for (const ending of endings) await writeFile(join(films, `film.${ending}`), "");
    for (const input of [".films", ".films/*"]) {
      const { songs } = await search([input]);
      expect(songs.filter((path) => !path.includes("film."))).toEqual([
        ...[".films/a.ts", ".films/b.mts"],
      ]);
      expect(songs).toHaveLength(2 + endings.length);
    }
    await rm(films, { recursive: true });
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

  it.skipIf(process.platform !== "linux")(
    "or else a problem where a name is no UTF-8, or a link leads nowhere",
    async () => {
      const old = join(root, ".old");
      const named = (name: string) =>
        Buffer.concat([Buffer.from(`${old}/`), Buffer.from(name, "latin1")]);
      await mkdir(old);
      await writeFile(join(old, "ok.wav"), "");
      await writeFile(named("sch\u00f6n.wav"), "");
      await writeFile(named("sch\u00f6n.txt"), "");
      await mkdir(named("sch\u00f6n"));
      await symlink("nowhere", join(old, "album"));
      await symlink("nowhere", join(old, "cover.jpg"));
      const lost = [".old/sch\ufffdn.wav", "unreadable"];
      for (const input of [".old", ".old/*.wav", ".old/*"]) {
        const found = await search([input]);
        expect(found.songs).toEqual([".old/ok.wav"]);
        expect(found.problems).toEqual([lost]);
      }
      const all = await search([".old"], { recursive: true });
      expect(all.songs).toEqual([".old/ok.wav"]);
      expect(all.problems).toEqual([
        ...[[".old/album", "not-found"], [".old/sch\ufffdn", "unreadable"], lost],
      ]);
      expect((await search([".old/sch\ufffdn.wav"])).problems).toEqual([lost]);
      await rm(old, { recursive: true });
    },
  );

  it.skipIf(process.getuid?.() === 0 || process.platform === "win32")(
    "unless a folder may not be read",
    async () => {
      await mkdir(join(root, "locked"));
      await chmod(join(root, "locked"), 0);
      expect((await search(["locked"])).problems).toEqual([["locked", "unreadable"]]);
      for (const input of [".", "**/*.wav"]) {
        const { problems } = await search([input], { recursive: true });
        expect(problems).toContainEqual(["locked", "unreadable"]);
      }
      await rm(join(root, "locked"), { recursive: true });
    },
  );
});
