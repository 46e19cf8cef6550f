/** Many songs: found, told apart, named, separated again or left alone. */
import { mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { mp3Fixtures } from "../src/audio/testing/signals.ts";
import { jsonEvents } from "../src/cli/jsonEvents.ts";
import { CommandLine, end, model, sleep, stemsOf } from "./testing/commandLine.ts";

/** Extra runs of what is left to chance. */
const all = process.env.XUMX_ALL_TESTS === "1";

const cli = new CommandLine();

describe("batches", () => {
  it("of folders and patterns, several songs at once, and only once each", async () => {
    const songs = join(cli.folder, "songs");
    await mkdir(join(songs, "live [1]"), { recursive: true });
    const song = await readFile(join(cli.inputs, "other", "song.wav"));
    for (const name of ["a.wav", "live [1]/a.wav", "live [1]/b.wav", "cover.jpg"]) {
      await writeFile(join(songs, name), song);
    }
    const args = ["demix", "songs", "songs/a.wav", "-o", "out", "--stems", "bass", "--jobs", "2"];
    const { code, stdout } = await cli.run(...args, "--recursive");
    expect(code).toBe(0);
    const outputs = ["a", "live [1]/a", "live [1]/b"].map((track) => join("out", model, track));
    expect(stdout.trim().split("\n").sort()).toEqual(outputs);
    const stems = outputs.map((output) => join(output, "bass.wav"));
    expect((await cli.written()).filter((path) => path.startsWith("out"))).toEqual(stems);
    // A pattern that no shell has expanded; what is there is left alone.
    const marked = join(cli.folder, stems[1]);
    await writeFile(marked, "as it was");
    await rm(join(cli.folder, stems[2]));
    const again = await cli.run("demix", "songs/**/?.wav", ...args.slice(3), "--skip-existing");
    expect(again.code).toBe(0);
    expect(again.stdout).toBe(`${outputs[2]}\n`);
    expect(again.stderr).toMatch(/1 separated, 2 skipped, 0 failed/);
    expect(await readFile(marked, "utf8")).toBe("as it was");
  });

  it("that are killed are completed by --skip-existing", async () => {
    const songs = await Promise.all(
      ["a", "b", "c", "d"].map(async (name) => {
        await writeFile(
          join(cli.folder, `${name}.wav`),
          await readFile(join(cli.inputs, "song.wav")),
        );
        return `${name}.wav`;
      }),
    );
    const args = [...songs, "--skip-existing", "--format", "flac", "--threads", "1"];
    await cli.run(...args, "-o", "whole");
    const whole = (await cli.written()).filter((path) => path.startsWith("whole"));
    expect(whole).toHaveLength(16);
    const out = () => cli.written().then((paths) => paths.filter((path) => path.startsWith("out")));
    const visible = async () => (await out()).filter((path) => !/[\\/]\.xumx/.test(path));
    for (let kill = 0; kill < (all ? 20 : 3); kill++) {
      if ((await visible()).length === whole.length) {
        await rm(join(cli.folder, "out"), { recursive: true });
      }
      const child = cli.start(...args, "-o", "out", "--jobs", String(1 + (kill % 2)));
      const ending = end(child);
      const before = (await visible()).length;
      // At random, but after work has begun.
      while (child.exitCode === null && (await out()).length === before) await sleep(10);
      await sleep(Math.random() * 400);
      child.kill("SIGKILL");
      await ending;
      // Whatever has a name is whole.
      for (const path of await visible()) {
        const expected = await readFile(join(cli.folder, path.replace("out", "whole")));
        expect((await readFile(join(cli.folder, path))).equals(expected)).toBe(true);
      }
    }
    expect((await cli.run(...args, "-o", "out")).code).toBe(0);
    expect(await out()).toEqual(whole.map((path) => path.replace("whole", "out")));
    for (const path of whole) {
      const got = await readFile(join(cli.folder, path.replace("whole", "out")));
      expect(got.equals(await readFile(join(cli.folder, path)))).toBe(true);
    }
  });
});

describe("songs of one name", () => {
  it("are told apart by their endings, in one folder", async () => {
    const songs = join(cli.folder, "songs");
    await mkdir(songs);
    await writeFile(join(songs, "song.wav"), await readFile(join(cli.inputs, "song.wav")));
    await writeFile(join(songs, "song.mp3"), mp3Fixtures.stereo.bytes);
    const { code, stdout } = await cli.run("songs", "--stems", "bass", "-o", "out");
    expect(code).toBe(0);
    expect(stdout.trim().split("\n").sort()).toEqual(
      ["song (mp3)", "song (wav)"].map((track) => join("out", model, track)),
    );
    const named = ["--filename", "{track}.{ending} {stem}", "--stems", "bass", "-o", "named"];
    expect((await cli.run("songs", ...named)).code).toBe(0);
    expect((await cli.written()).filter((path) => path.startsWith("named"))).toEqual([
      ...[join("named", "song.mp3 bass.wav"), join("named", "song.wav bass.wav")],
    ]);
  });

  it("are told apart by the albums that they come from", async () => {
    for (const album of ["first", "second"]) {
      await mkdir(join(cli.folder, album));
      const song = await readFile(join(cli.inputs, "song.wav"));
      await writeFile(join(cli.folder, album, "01.wav"), song);
    }
    const { code, stdout } = await cli.run("first/01.wav", "second/01.wav", "--stems", "bass");
    expect(code).toBe(0);
    expect(stdout.trim().split("\n")).toEqual(
      ["first", "second"].map((album) => join("separated", model, album, "01")),
    );
  });

  it("that cannot be told apart are refused, all by name; the others are separated", async () => {
    await writeFile(join(cli.folder, "a?.wav"), "");
    await writeFile(join(cli.folder, "a*.wav"), "");
    const { code, stdout, stderr } = await cli.run("a?.wav", "a*.wav", "../song.wav");
    expect({ code, stdout }).toEqual({ code: 1, stdout: `${join("separated", model, "song")}\n` });
    expect(stderr).toMatch(/a\?\.wav and a\*\.wav would both be written to/);
    expect(stderr).toMatch(/1 separated, 2 failed/);
  });
});

describe("what is found", () => {
  it.skipIf(process.platform !== "linux")(
    "and cannot be opened is a failure that counts; the others are separated",
    async () => {
      const songs = join(cli.folder, "songs");
      await mkdir(songs);
      await writeFile(join(songs, "ok.wav"), await readFile(join(cli.inputs, "song.wav")));
      const name = Buffer.concat([
        Buffer.from(`${songs}/sch`),
        Buffer.of(0xf6),
        Buffer.from("n.wav"),
      ]);
      await writeFile(name, await readFile(join(cli.inputs, "song.wav")));
      await symlink("nowhere", join(songs, "lost.flac"));
      const { code, stdout, stderr } = await cli.run("songs", "--stems", "bass");
      expect(code).toBe(1);
      expect(stdout).toBe(`${join("separated", model, "ok")}\n`);
      expect(stderr).toMatch(/sch\ufffdn\.wav cannot be opened: its name is not UTF-8/);
      expect(stderr).toMatch(/lost\.flac is a link that leads nowhere/);
      expect(stderr).toMatch(/1 separated, 2 failed/);
    },
  );

  it("may lie beside its outputs, and be separated again", async () => {
    for (const name of ["a.wav", "b.wav"]) {
      await writeFile(join(cli.folder, name), await readFile(join(cli.inputs, "song.wav")));
    }
    const args = [".", "-o", ".", "--filename", "{track} ({stem})", "--stems", "bass,drums"];
    expect((await cli.run(...args)).code).toBe(0);
    const before = await cli.written();
    expect(before).toHaveLength(6);
    const again = await cli.run(...args);
    expect(again.code).toBe(0);
    expect(again.stderr).toMatch(
      /note: 4 files, such as a \(bass\)\.wav: left alone, an earlier run/,
    );
    expect(again.stderr).toMatch(/2 separated, 0 failed/);
    expect(await cli.written()).toEqual(before);
  });

  it("and is done already needs no model", async () => {
    const weights = join(cli.folder, "model", "model.safetensors");
    await mkdir(join(cli.folder, "model"));
    const bundled = new URL(`../models/${model}/model.safetensors`, import.meta.url);
    const whole = await readFile(bundled);
    await writeFile(weights, whole);
    const args = ["../song.wav", "--model", "model", "--stems", "bass", "--skip-existing"];
    expect((await cli.run(...args)).code).toBe(0);
    // What tells its name is left of the model, and nothing to separate with.
    await writeFile(weights, whole.subarray(0, whole.length >> 1));
    const { code, stderr } = await cli.run(...args);
    expect(code).toBe(0);
    expect(stderr).toMatch(/song\.wav: all files are there already, skipped/);
    const json = await cli.run(...args, "--json");
    expect(JSON.parse(json.stdout.split("\n")[0])).toMatchObject({
      ...{ event: "start", model: { name: model }, runtime: null, device: null },
    });
    expect((await cli.run("../chirps.flac", ...args.slice(1))).code).toBe(1);
  });

  it("is only told, with --dry-run: what would be read, written and left out, and why", async () => {
    const { code, stdout, stderr } = await cli.run("../song.wav", "../text.wav", "-n");
    expect(code).toBe(1);
    expect(stdout.trim().split("\n").sort()).toEqual(stemsOf("song"));
    expect(stderr).toMatch(/song\.wav: wav, float32, 44100 Hz, 2 channels, 2 s → wav, float32/);
    expect(stderr).toMatch(/text\.wav is not audio/);
    expect(await cli.written()).toEqual([]);
    const json = await cli.run("../song.wav", "-n", "--json", "--mono");
    const [, event] = json.stdout.split("\n");
    expect(Object.keys(JSON.parse(event))).toEqual([
      ...["event", ...Object.keys(jsonEvents.inspection.fields)],
    ]);
    expect(JSON.parse(event)).toMatchObject({
      channels: 1,
      source: { channels: 2 },
      frames: 66150,
    });
  });
});

it("a batch in which a thread dies twice over a song fails that one, does the others and sums up", async () => {
  // The first two threads that separate are ended with their answer to the first piece.
  const killer = join(cli.folder, "killer.mjs");
  await writeFile(
    killer,
    `import { isMainThread } from "node:worker_threads";
    let left = isMainThread ? 2 : 0;
    process.on("worker", (worker) => {
      let pieces = 0;
      worker.on("message", ({ type, kind }) => {
        if (type !== "answer" || kind !== "analyse") return;
        if (++pieces === 1 && left-- > 0) void worker.terminate();
      });
    });`,
  );
  const song = await readFile(join(cli.inputs, "other", "song.wav"));
  for (const name of ["a.wav", "b.wav"]) await writeFile(join(cli.folder, name), song);
  const env = { ...process.env, NODE_OPTIONS: `--import=${pathToFileURL(killer)}` };
  // Of WebAssembly, which can be ended while it computes.
  const how = ["--threads", "1", "--runtime", "wasm", "--stems", "bass", "-o", "out"];
  const { code, stderr } = await end(cli.startWith({ env }, "a.wav", "b.wav", ...how));
  expect(code).toBe(1);
  expect(stderr).toMatch(/a\.wav: .*thread.* stopped/);
  expect(stderr).toMatch(/1 separated, .*1 failed/);
  const written = (await cli.written()).filter((path) => path.startsWith("out"));
  expect(written).toEqual([join("out", model, "b", "bass.wav")]);
});
