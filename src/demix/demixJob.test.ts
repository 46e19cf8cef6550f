import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { AbortError } from "../errors.ts";
import { Separator } from "../separation/index.ts";
import type { OutputSet, Store } from "../stems/index.ts";
import { type BatchEvent, DemixJob, type DemixJobOptions } from "./demixJob.ts";
import { FolderStore } from "./folderStore.ts";
import { songFile, songStream } from "./songFile.ts";
import { StreamStore } from "./streamStore.ts";
import { sharedModel } from "./testing/sharedModel.ts";
import { filesBelow, music, writeSong } from "./testing/songs.ts";

let separators: readonly Separator[];
beforeAll(async () => {
  const one = () => Separator.create(sharedModel(), { pieceSlices: 8 });
  separators = [await one(), await one()];
});
afterAll(() => Promise.all(separators.map((separator) => separator.close())));

let folder: string;
let out: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "xumx-job-"));
  out = join(folder, "out");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const settings: DemixJobOptions = {
  model: "m",
  pattern: "{track} {stem}",
  stems: ["bass", "drums"],
};

/** A job of songs a to d, of which c is none. */
async function job(options: Partial<DemixJobOptions> = {}, store: Store = new FolderStore(out)) {
  return DemixJob.make(await songs(), store, { ...settings, ...options });
}

async function songs(frames = 20000) {
  const paths: string[] = [];
  for (const name of ["a", "b", "c", "d"]) {
    const path = join(folder, `${name}.wav`);
    if (name === "c") await writeFile(path, "not audio");
    else await writeSong(folder, music(44100, 1, frames), 44100, `${name}.wav`);
    paths.push(path);
  }
  return paths;
}

const outputs = ["a", "b", "d"].flatMap((name) => [`${name} bass.wav`, `${name} drums.wav`]);
const there = async () => (await filesBelow(out)).sort();

describe("a job", () => {
  it.each([1, 2])("separates what it can, %i at once, and tells of each song", async (crew) => {
    const events: BatchEvent[] = [];
    await using work = await job();
    expect(work.pending).toBe(4);
    const summary = await work.run(separators.slice(0, crew), {
      onEvent: (event) => events.push(event),
    });
    expect(summary).toEqual({ done: 3, skipped: 0, failed: 1 });
    expect(await there()).toEqual(outputs);
    for (const task of [0, 1, 2, 3]) {
      const kinds = events.filter((event) => event.task === task).map(({ kind }) => kind);
      expect(kinds[0]).toBe("started");
      expect(kinds.at(-1)).toBe(task === 2 ? "failed" : "done");
    }
    const fractions = events.flatMap((event) => (event.kind === "progress" ? event.fraction : []));
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    expect(fractions.at(-1)).toBe(1);
    expect(events.find(({ kind }) => kind === "failed")).toMatchObject({
      error: { code: "not-audio" },
    });
  });

  it("leaves complete songs alone and does the others again", async () => {
    await (await job()).run(separators);
    await rm(join(out, "b bass.wav"));
    await writeFile(join(out, "d bass.wav"), "as it was");
    await using again = await job({ skipExisting: true });
    expect(again.tasks.map(({ complete }) => complete)).toEqual([true, false, false, true]);
    expect(again.pending).toBe(2);
    expect(await again.run(separators)).toEqual({ done: 1, skipped: 2, failed: 1 });
    expect(await there()).toEqual(outputs);
    expect(await readFile(join(out, "d bass.wav"), "utf8")).toBe("as it was");
  });

  it("needs no separator for songs that are all complete, and one for any other", async () => {
    await expect((await job()).run([])).rejects.toMatchObject({ code: "invalid-argument" });
    await (await job()).run(separators);
    await rm(join(folder, "c.wav"));
    const paths = ["a", "b", "d"].map((name) => join(folder, `${name}.wav`));
    const complete = await DemixJob.make(paths, new FolderStore(out), {
      ...{ ...settings, skipExisting: true },
    });
    expect(complete.pending).toBe(0);
    expect(await complete.run([])).toEqual({ done: 0, skipped: 3, failed: 0 });
  });

  it("runs once", async () => {
    const work = await job();
    await work.run(separators);
    await expect(work.run(separators)).rejects.toMatchObject({ code: "invalid-argument" });
  });

  it("tells what it would do, and writes nothing", async () => {
    await writeSong(folder, music(48000, 1, 24000), 48000, "a.wav");
    const paths = [join(folder, "a.wav"), join(folder, "c.wav"), join(folder, "gone.wav")];
    await writeFile(paths[1], "not audio");
    const format = { container: "flac", encoding: "input" } as const;
    const more = { format, duration: 0.25 };
    const work = await DemixJob.make(paths, new FolderStore(out), { ...settings, ...more });
    expect(work.problems).toMatchObject([{ input: paths[2], error: { code: "not-found" } }]);
    expect(work.tasks.map(({ outputs }) => outputs.map(({ path }) => path))).toEqual([
      [join(out, "a bass.flac"), join(out, "a drums.flac")],
      [join(out, "c bass.flac"), join(out, "c drums.flac")],
    ]);
    const found = [];
    for await (const inspection of work.inspect()) found.push(inspection);
    expect(found).toMatchObject([
      {
        ...{ kind: "separate", task: 0, frames: 12000, notices: [] },
        input: { container: "wav", sampleFormat: "float32", frames: 24000 },
        shape: { sampleRate: 48000, channels: 1 },
        format: { container: "flac", encoding: "int24" },
      },
      { kind: "fail", task: 1, error: { code: "not-audio" } },
    ]);
    expect(await readdir(folder)).not.toContain("out");
  });
});

describe("a job that is stopped", () => {
  it("keeps finished songs and withdraws the one at work, whoever stops it", async () => {
    for (const by of ["signal", "cancel", "close"] as const) {
      const controller = new AbortController();
      const work = await DemixJob.make(await songs(90000), new FolderStore(out), settings);
      let closed: Promise<void> | undefined;
      const running = work.run(separators.slice(0, 1), {
        signal: controller.signal,
        onEvent: (event) => {
          if (event.kind !== "progress" || event.task !== 1) return;
          if (by === "signal") controller.abort();
          else if (by === "cancel") work.cancel();
          else closed ??= work.close();
        },
      });
      const code = by === "close" ? "closed" : "aborted";
      await expect(running).rejects.toMatchObject({ code });
      await closed;
      expect(await there()).toEqual(["a bass.wav", "a drums.wav"]);
      await rm(out, { recursive: true });
    }
  });

  it("before it is run does nothing; closing it twice is harmless", async () => {
    const cancelled = await job();
    cancelled.cancel();
    await expect(cancelled.run(separators)).rejects.toBeInstanceOf(AbortError);
    const closed = await job();
    await closed.close();
    await closed.close();
    await expect(closed.run(separators)).rejects.toMatchObject({ code: "closed" });
    expect(await there()).toEqual([]);
    await expect(job({ signal: AbortSignal.abort() })).rejects.toBeInstanceOf(AbortError);
  });
});

describe("places for outputs", () => {
  /** Outputs in memory, as another store would keep them elsewhere. */
  class MemoryStore implements Store {
    readonly seekable = true;
    readonly files = new Map<string, Uint8Array>();
    readonly #fails: string | undefined;

    constructor(fails?: string) {
      this.#fails = fails;
    }

    locate(key: string): string {
      return `memory:${key}`;
    }

    async has(key: string): Promise<boolean> {
      return this.files.has(key);
    }

    begin(): OutputSet {
      const written = new Map<string, number[]>();
      const scratches: number[][] = [];
      const abort = async () => written.clear();
      return {
        create: async (key) => {
          const bytes: number[] = [];
          written.set(key, bytes);
          return new WritableStream({
            write: (chunk) => {
              if (key === this.#fails && bytes.length > 0) throw new Error("no room");
              if (chunk instanceof Uint8Array) bytes.push(...chunk);
              else bytes.splice(chunk.position, chunk.data.length, ...chunk.data);
            },
          });
        },
        scratch: async () => {
          const bytes: number[] = [];
          scratches.push(bytes);
          return {
            writable: new WritableStream({ write: (chunk) => void bytes.push(...chunk) }),
            read: async () =>
              new ReadableStream({
                start: (controller) => {
                  // Cut anywhere.
                  for (let at = 0; at < bytes.length; at += 997) {
                    controller.enqueue(Uint8Array.from(bytes.slice(at, at + 997)));
                  }
                  controller.close();
                },
              }),
            remove: async () => void bytes.splice(0),
          };
        },
        commit: async () => {
          for (const [key, bytes] of written) this.files.set(key, Uint8Array.from(bytes));
          expect(scratches.every(({ length }) => length === 0)).toBe(true);
        },
        abort,
        [Symbol.asyncDispose]: abort,
      };
    }
  }

  const formats = [
    { container: "wav", encoding: "float32" },
    { container: "wav", encoding: "int16" },
    { container: "flac", encoding: "int24" },
  ] as const;

  it.each(formats)("get the same bytes wherever they are: $container $encoding", async (format) => {
    const path = await writeSong(folder, music(44100, 2, 20000, 2), 44100, "a.wav");
    const store = new MemoryStore();
    for (const place of [store, new FolderStore(out)]) {
      await using work = await DemixJob.make([path], place, { ...settings, format });
      const { done } = await work.run(separators.slice(0, 1));
      expect(done).toBe(1);
    }
    for (const [key, bytes] of store.files) {
      expect((await readFile(join(out, key))).equals(bytes)).toBe(true);
    }
    expect([...store.files.keys()].map((key) => key.replace(/\.\w+$/, ""))).toEqual([
      "a bass",
      "a drums",
    ]);
    await using again = await DemixJob.make([path], store, {
      ...{ ...settings, format, skipExisting: true },
    });
    expect(again.pending).toBe(0);
  });

  it("show nothing of a song if one of its outputs fails, and take the next song", async () => {
    const store = new MemoryStore("a drums.wav");
    await using work = await job({}, store);
    const errors: Error[] = [];
    const summary = await work.run(separators, {
      onEvent: (event) => {
        if (event.kind === "failed") errors.push(event.error);
      },
    });
    expect(summary).toEqual({ done: 2, skipped: 0, failed: 2 });
    expect([...store.files.keys()].sort()).toEqual(outputs.slice(2));
    expect(errors.map(({ message }) => message)).toContain(
      "memory:a drums.wav cannot be written: no room",
    );
  });

  it("may be a stream, which takes one output of one song", async () => {
    const chunks: Uint8Array[] = [];
    const stream = new WritableStream<Uint8Array>({ write: (chunk) => void chunks.push(chunk) });
    const store = new StreamStore(stream);
    const [a, b] = await songs();
    for (const wrong of [
      DemixJob.make([a], store, settings),
      DemixJob.make([a, b], store, { ...settings, stems: ["bass"] }),
    ]) {
      await expect(wrong).rejects.toMatchObject({ code: "invalid-argument" });
    }
    await using work = await DemixJob.make([a], store, { ...settings, stems: ["bass"] });
    expect(work.tasks[0].outputs).toMatchObject([{ name: "bass", path: undefined }]);
    expect(await work.run(separators)).toMatchObject({ done: 1 });
    expect(stream.locked).toBe(false);
    await using file = await DemixJob.make([a], new FolderStore(out), settings);
    await file.run(separators);
    const bytes = await readFile(join(out, "a bass.wav"));
    expect(Buffer.concat(chunks).subarray(-80000).equals(bytes.subarray(-80000))).toBe(true);
  });

  it("take songs that come through WHATWG streams", async () => {
    const [path] = await songs();
    const bytes = new Blob([await readFile(path)]).stream();
    await using song = await songStream(bytes, "stream.wav");
    await using work = await DemixJob.make([song], new FolderStore(out), settings);
    expect(await work.run(separators)).toMatchObject({ done: 1 });
    expect(await there()).toEqual(["stream bass.wav", "stream drums.wav"]);
  });

  it("take songs that are opened already", async () => {
    const [path] = await songs();
    const song = { ...songFile(path), name: "from elsewhere.wav" };
    await using work = await DemixJob.make([song], new FolderStore(out), settings);
    await work.run(separators);
    expect(await there()).toEqual(["from elsewhere bass.wav", "from elsewhere drums.wav"]);
  });
});
