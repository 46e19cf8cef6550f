/** Songs through a real queue, from and to files: submitted once, done once, whatever happens on the way. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { noiseGenerator } from "../audio/testing/signals.ts";
import { encodeWav } from "../audio/testing/wavEncoder.ts";
import { demixFile } from "../demix/index.ts";
import { Separator } from "../separation/index.ts";
import { formulaModel } from "../testing/formulaModel.ts";
import {
  Catalogue,
  type FailedSong,
  type JobSettings,
  SongWorker,
  type SubmitEvent,
  type SubmitOptions,
  submit,
  type WorkerEvent,
  type WorkerOptions,
} from "./index.ts";
import { hasRedis, RedisServer } from "./testing/redisServer.ts";
import { S3Server } from "./testing/s3Server.ts";

/** A small model in place of the one in the box, and no threads. */
const open = () => Separator.create(formulaModel("mel-32", true));

const noise = noiseGenerator(7);
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

  it("go from S3 to S3", async () => {
    await using store = await S3Server.start(["music", "stems"]);
    store.put("music/albums/x/one.wav", song(1));
    store.put("music/albums/cover.jpg", Buffer.from("no song"));
    const at = { endpoint: store.endpoint };
    const made = await submit(["s3://music/albums/"], {
      ...{ ...queue, ...at, output: "s3://stems/out" },
      settings: { format: { container: "flac", encoding: "int16" } },
    });
    expect(made).toEqual({ submitted: 1, known: 0, problems: 0 });
    const events = await work({ ...at, partBytes: 20_000 });
    console.log(JSON.stringify(events), [...store.objects.keys()]);
    expect(store.uploads.size).toBe(0);
  });
});
