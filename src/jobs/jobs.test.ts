/** Songs through a real queue, from and to files: submitted once, done once, whatever happens on the way. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { encodeWav } from "../audio/testing/wavEncoder.ts";
import { demixFile } from "../demix/index.ts";
import { AbortError, JobError } from "../errors.ts";
import { Separator } from "../separation/index.ts";
import { formulaModel } from "../testing/formulaModel.ts";
import { noiseSource } from "../testing/noise.ts";
import { digestOf } from "./digests.ts";
import { secondsUntilRetry } from "./failure.ts";
import {
  Catalogue,
  type FailedSong,
  type JobSettings,
  jobId,
  type Manifest,
  type Performs,
  type SongJob,
  SongWorker,
  StatusServer,
  type SubmitEvent,
  type SubmitOptions,
  submit,
  type Turn,
  type WorkerEvent,
  type WorkerOptions,
} from "./index.ts";
import { loaded } from "./packages.ts";
import { checkSongJob } from "./songJob.ts";
import { hasRedis, RedisServer } from "./testing/redisServer.ts";
import { S3Server } from "./testing/s3Server.ts";

/** A small model in place of the one in the box, and no threads. */
const model = formulaModel("mel-32", true);
const open = () => Separator.create(model);

const noise = noiseSource(7);
const song = (seconds: number) =>
  Buffer.from(
    encodeWav(
      [0, 1].map(() =>
        Float32Array.from({ length: Math.round(44100 * seconds) }, () => 0.3 * noise()),
      ),
      { format: "float32" },
    ),
  );

describe.skipIf(!hasRedis)("songs in a queue", () => {
  let redis: RedisServer;
  let folder: string;
  let queues = 0;
  let queue: { redis: string; queue: string };
  beforeAll(async () => {
    redis = await RedisServer.start();
    process.env.AWS_ACCESS_KEY_ID = "test";
    process.env.AWS_SECRET_ACCESS_KEY = "test";
  });
  afterAll(async () => {
    await redis[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "xumx-jobs-"));
    queue = { redis: redis.address, queue: `test-${queues++}` };
    return () => rm(folder, { recursive: true, force: true });
  });

  /** Runs a worker until nothing is left to do. */
  async function work(options: WorkerOptions = {}): Promise<readonly WorkerEvent[]> {
    const events: WorkerEvent[] = [];
    await using worker = await SongWorker.start({
      ...{
        ...queue,
        access: { folders: [folder] },
        grace: 0,
        open,
        onEvent: (event) => events.push(event),
      },
      ...options,
    });
    await worker.idle();
    return events;
  }

  async function failures(): Promise<readonly FailedSong[]> {
    await using catalogue = await Catalogue.open(queue);
    const all: FailedSong[] = [];
    for await (const failed of catalogue.failed()) all.push(failed);
    return all;
  }

  it("are separated as demix does, and submitted twice are separated once", async () => {
    await mkdir(join(folder, "music", "album"), { recursive: true });
    await writeFile(join(folder, "music", "a.wav"), song(1));
    await writeFile(join(folder, "music", "album", "b.wav"), song(1.2));
    await writeFile(join(folder, "music", "text.wav"), "Dear diary");
    const events: SubmitEvent[] = [];
    const settings: JobSettings = { stems: ["vocals", "bass"] };
    const how: SubmitOptions = {
      ...{ ...queue, output: join(folder, "stems"), recursive: true, settings },
      onEvent: (event) => events.push(event),
    };
    const first = await submit([join(folder, "music")], how);
    expect(first).toEqual({ submitted: 3, known: 0, problems: 0 });
    expect(await submit([join(folder, "music")], how)).toEqual({
      ...{ submitted: 0, known: 3, problems: 0 },
    });
    const done = await work();
    expect(done.filter(({ kind }) => kind === "done")).toHaveLength(2);
    expect(await failures()).toMatchObject([{ code: "not-audio", tries: 1 }]);
    await using separator = await open();
    for (const event of events.slice(0, 3)) {
      if (event.kind !== "submitted" || event.input.endsWith("text.wav")) continue;
      const out = fileURLToPath(event.output);
      const names = (await readdir(out)).sort();
      expect(names).toEqual(["bass.wav", "manifest.json", "vocals.wav"]);
      const plain = join(folder, "plain");
      await demixFile(separator, fileURLToPath(event.input), plain, { stems: ["vocals", "bass"] });
      for (const name of ["bass.wav", "vocals.wav"]) {
        expect(
          Buffer.compare(await readFile(join(out, name)), await readFile(join(plain, name))),
        ).toBe(0);
      }
    }
  });

  it("go from S3 to S3, as bytes of files would, also in parts and with heads made right at the end", async () => {
    await using store = await S3Server.start(["music", "stems"]);
    const wav = song(1);
    store.put("music/albums/x/one.wav", wav);
    store.put("music/albums/cover.jpg", Buffer.from("no song"));
    const at = { endpoint: store.endpoint };
    const settings: JobSettings = { format: { container: "flac", encoding: "int16" } };
    const made = await submit(["s3://music/albums/"], {
      ...{ ...queue, ...at, output: "s3://stems/out", settings },
    });
    expect(made).toEqual({ submitted: 1, known: 0, problems: 0 });
    const events = await work({ ...at, partBytes: 20_000 });
    expect(events.map(({ kind }) => kind)).toEqual(["started", "done"]);
    const path = [...store.objects.keys()].find((key) => key.endsWith("/manifest.json")) ?? "";
    expect(path).toMatch(/^stems\/out\/x\/one-[0-9a-f]{12}\/manifest.json$/);
    const manifest: Manifest = JSON.parse(String(store.objects.get(path)?.body));
    expect(manifest.input).toMatchObject({ url: "s3://music/albums/x/one.wav", bytes: wav.length });
    await writeFile(join(folder, "one.wav"), wav);
    await using separator = await open();
    await demixFile(separator, join(folder, "one.wav"), join(folder, "plain"), settings);
    expect(manifest.outputs).toHaveLength(4);
    for (const { file, bytes, sha256 } of manifest.outputs) {
      const plain = await readFile(join(folder, "plain", file));
      expect(store.objects.get(path.replace("manifest.json", file))?.body.equals(plain)).toBe(true);
      expect({ bytes, sha256 }).toEqual(await digestOf(one(plain)));
    }
    expect(store.uploads.size).toBe(0);
  });

  it("fail at once and for good for what lies in them, and are tried again for what may pass", async () => {
    const input = join(folder, "a.wav");
    await writeFile(input, song(0.5));
    await submit([input], { ...queue, output: join(folder, "stems") });
    expect((await work({ access: {} })).at(-1)).toMatchObject({
      ...{ kind: "failed", failure: { code: "not-allowed", hint: /--allow-folder/ } },
    });
    await using catalogue = await Catalogue.open(queue);
    const again = async () => expect(await catalogue.retry({ all: true })).toBe(1);
    await again();
    expect((await work({ mostBytes: 1000 })).at(-1)).toMatchObject({
      failure: { code: "too-large" },
    });
    await again();
    await writeFile(input, song(0.6));
    expect((await work()).at(-1)).toMatchObject({ failure: { code: "changed" } });
    expect(await failures()).toMatchObject([{ code: "changed", tries: 1 }]);
    expect(await catalogue.retry({ code: "not-audio" })).toBe(0);
    expect(await catalogue.cancel({ code: "changed" })).toBe(1);
    expect(await failures()).toEqual([]);
    // A thread that dies, a store that is away: the next try may end better.
    await submit([input], { ...queue, output: join(folder, "stems") });
    const troubles = [new JobError("store-failed", "It is away."), new Error("What is this?")];
    const events = await work({
      performs: standIn(async () => {
        const trouble = troubles.shift();
        if (trouble) throw trouble;
      }),
    });
    expect(events.filter(({ kind }) => kind !== "started").map(({ kind }) => kind)).toEqual([
      ...["postponed", "postponed", "done"],
    ]);
  });

  it("are handed back by a worker that ends, called off, held back, and counted", async () => {
    for (const name of ["a", "b"]) await writeFile(join(folder, `${name}.wav`), song(0.1));
    await submit([folder], { ...queue, output: join(folder, "stems") });
    const events: WorkerEvent[] = [];
    const untilAborted = standIn(
      ({ signal, onProgress }) =>
        new Promise((_, reject) => {
          onProgress(0.5);
          signal.addEventListener("abort", () => reject(new AbortError()));
        }),
    );
    const onEvent = (event: WorkerEvent) => events.push(event);
    const how = { ...queue, performs: untilAborted, grace: 0, onEvent };
    const first = await SongWorker.start(how);
    await until(() => events.length === 1);
    await first.close();
    expect(events).toMatchObject([{ kind: "started" }, { kind: "handed-back" }]);
    await using catalogue = await Catalogue.open(queue);
    expect(await catalogue.status()).toMatchObject({ waiting: 2, active: 0, failed: 0 });

    await using second = await SongWorker.start(how);
    await until(() => events.length === 3);
    await sleep(1200);
    const { atWork } = await catalogue.status();
    expect(atWork).toMatchObject([{ fraction: 0.5, worker: second.name }]);
    // The song is called off, and no other is handed out.
    const drained = catalogue.drain();
    expect(await catalogue.cancel({ ids: [atWork[0].id] })).toBe(1);
    await drained;
    expect(events.at(-1)).toMatchObject({ kind: "cancelled" });
    await until(async () => (await catalogue.status()).failed === 0);
    expect(await catalogue.status()).toMatchObject({ waiting: 1, active: 0, held: true });
    expect(await catalogue.cancel({ all: true })).toBe(1);
    await catalogue.resume();
    expect(await catalogue.status()).toMatchObject({ waiting: 0, done: 0, failed: 0, held: false });
  });

  it("are told by a worker's pages", async () => {
    await writeFile(join(folder, "a.wav"), song(0.5));
    await submit([folder], { ...queue, output: join(folder, "stems") });
    await using pages = await StatusServer.start({ port: 0 });
    const page = async (path: string) => {
      const answer = await fetch(pages.address + path);
      return { status: answer.status, text: await answer.text() };
    };
    expect((await page("/health")).status).toBe(503);
    await using worker = await SongWorker.start({
      ...{ ...queue, open, access: { folders: [folder] }, onEvent: (event) => pages.note(event) },
    });
    pages.watch(worker);
    await worker.idle();
    expect(await page("/health")).toMatchObject({ status: 200, text: /"connected":true/ });
    const { text } = await page("/metrics");
    expect(text).toMatch(/xumx_slicq_songs_total\{outcome="done"\} 1/);
    expect(text).toMatch(/xumx_slicq_queue_songs\{state="done"\} 1/);
    expect(text).toMatch(/xumx_slicq_step_seconds_total\{step="network"\} \d/);
    expect(text).toMatch(/process_resident_memory_bytes \d/);
    expect((await page("/etc/passwd")).status).toBe(404);
  });

  it("are not looked for where no Redis is, nor put where none can be", async () => {
    const nowhere = { redis: "redis://user:secret@127.0.0.1:9" };
    await expect(Catalogue.open(nowhere)).rejects.toMatchObject({
      ...{ code: "queue-failed", message: expect.not.stringContaining("secret") },
    });
    const wrong = submit([folder], { ...queue, output: "https://example.com/" });
    await expect(wrong).rejects.toMatchObject({ code: "invalid-argument" });
  });
});

describe("a job", () => {
  const job: SongJob = {
    ...{ input: "file:///a.wav", version: "1", bytes: 1, output: "file:///out", place: "a" },
    ...{ model: { name: "m", sha256: "0" }, settings: { stems: ["bass"], mono: true } },
  };

  it("has a name that tells what is asked for, in whatever order it is said", () => {
    const reordered = { ...job, settings: { mono: true, stems: ["bass"] } } satisfies SongJob;
    expect(jobId(reordered)).toBe(jobId(job));
    const others: readonly SongJob[] = [
      { ...job, input: "file:///b.wav" },
      { ...job, version: "2" },
      { ...job, output: "file:///other" },
      { ...job, model: { name: "m", sha256: "1" } },
      { ...job, settings: { stems: ["bass"] } },
      { ...job, settings: { stems: ["bass"], mono: true, shifts: 3 } },
      { ...job, settings: { stems: ["bass"], mono: true, shifts: 3, gate: false } },
    ];
    expect(new Set([job, ...others].map(jobId)).size).toBe(8);
    // The model's name is only where to find it.
    expect(jobId({ ...job, model: { name: "other", sha256: "0" } })).toBe(jobId(job));
  });

  it("is refused if others have written it into the queue", () => {
    checkSongJob(job);
    for (const wrong of [
      null,
      { ...job, input: 3 },
      { ...job, place: "../../etc" },
      { ...job, place: "a//b" },
      { ...job, bytes: -1 },
      { ...job, model: "m" },
      { ...job, settings: { stems: "bass" } },
      { ...job, settings: { exec: "rm" } },
      { ...job, settings: { shifts: 0 } },
      { ...job, settings: { shifts: 17 } },
      { ...job, settings: { gate: "no" } },
      { ...job, settings: { __proto__: null, constructor: 1 } },
    ]) {
      expect(() => checkSongJob(wrong), JSON.stringify(wrong)).toThrow(/^The job/);
    }
  });
});

it("a package that is missing is named, with the line that brings it", async () => {
  const gone = loaded(Promise.reject(new Error("not found")), "bullmq", "The queue");
  await expect(gone).rejects.toMatchObject({
    ...{ code: "package-missing", hint: "Install it: npm install bullmq" },
  });
});

it("waits between tries double up to five minutes, by half at random", () => {
  const waits = [1, 2, 3, 9, 10, 20].map((tries) => [0, 1].map((c) => secondsUntilRetry(tries, c)));
  expect(waits).toEqual([
    [0.5, 1],
    [1, 2],
    [2, 4],
    [128, 256],
    [150, 300],
    [150, 300],
  ]);
});

/** Does nothing but what it is told to. */
function standIn(perform: (turn: Turn) => Promise<void>): Performs {
  return {
    perform: async (turn) => {
      await perform(turn);
      return { already: false, duration: 1, seconds: 0.1, steps: {} };
    },
    [Symbol.asyncDispose]: async () => {},
  };
}

async function until(is: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await is())) await sleep(20);
}

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function* one(whole: Uint8Array) {
  yield whole;
}
