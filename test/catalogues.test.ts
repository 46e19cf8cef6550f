/** A catalogue under attack: workers killed, Redis restarted, the store failing; in the end all is there, once and whole. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, it } from "vitest";
import { encodeWav } from "../src/audio/testing/wavEncoder.ts";
import { Catalogue, type Manifest, submit } from "../src/jobs/index.ts";
import { hasRedis, RedisServer } from "../src/jobs/testing/redisServer.ts";
import { type Fault, S3Server } from "../src/jobs/testing/s3Server.ts";
import { noiseSource } from "../src/testing/noise.ts";
import { program, sleep } from "./testing/commandLine.ts";

const all = process.env.XUMX_ALL_TESTS === "1";
const size = all
  ? { songs: 190, bad: 10, workers: 3, kills: 20, restarts: 2 }
  : { songs: 8, bad: 2, workers: 2, kills: 2, restarts: 1 };

const faults: readonly Fault[] = ["500", "503", "500-after", "cut", "slow"];

/** A worker as it is started on a machine, which tells when it is at a song. */
class WorkerProcess {
  atWork = 0;
  readonly #process: ChildProcess;
  readonly #ended: Promise<unknown>;

  constructor(args: readonly string[], env: NodeJS.ProcessEnv) {
    this.#process = spawn(process.execPath, [program, "worker", "--json", ...args], {
      stdio: ["ignore", "pipe", "inherit"],
      env,
    });
    this.#ended = once(this.#process, "exit");
    if (!this.#process.stdout) throw new Error("The worker has no output.");
    createInterface({ input: this.#process.stdout }).on("line", (line) => {
      const { event } = JSON.parse(line);
      if (event === "started") this.atWork++;
      if (["done", "failed", "postponed", "handed-back"].includes(event)) this.atWork--;
    });
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    this.#process.kill(signal);
    await this.#ended;
  }
}

it.skipIf(!hasRedis)(
  "a catalogue under attack is done, once and whole",
  { timeout: 3.6e6 },
  async () => {
    const next = noiseSource(11);
    const chance = () => (next() + 1) / 2;
    const folder = await mkdtemp(join(tmpdir(), "xumx-chaos-"));
    const scratch = join(folder, "tmp");
    await mkdir(scratch);
    await mkdir(join(folder, "music"));
    await using redis = await RedisServer.start();
    await using store = await S3Server.start(["music", "stems"]);
    const env = {
      ...process.env,
      ...{ AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test", TMPDIR: scratch },
    };
    for (let i = 0; i < size.songs; i++) {
      const length = 22050 + Math.floor(22050 * chance());
      const channels = [0, 1].map(() => Float32Array.from({ length }, () => 0.3 * next()));
      const wav = Buffer.from(encodeWav(channels, { format: "float32" }));
      store.put(`music/a/${i}.wav`, wav);
      await writeFile(join(folder, "music", `${i}.wav`), wav);
    }
    for (let i = 0; i < size.bad; i++)
      store.put(`music/a/bad${i}.wav`, Buffer.from(`no song ${i}`));

    const plain = join(folder, "plain");
    const demix = [program, "demix", join(folder, "music"), "-o", plain, "--quiet", "-t", "1"];
    expect(spawnSync(process.execPath, [...demix, "--filename", "{track}/{stem}"]).status).toBe(0);

    const at = { redis: redis.address, endpoint: store.endpoint };
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" });
    const submitted = await submit(["s3://music/a/"], { ...at, output: "s3://stems/all" });
    expect(submitted.submitted).toBe(size.songs + size.bad);

    const failing = { requests: 0, failed: 0 };
    store.fault = () => {
      failing.requests++;
      if (chance() >= 0.1) return undefined;
      failing.failed++;
      return faults[Math.floor(chance() * faults.length)];
    };
    const args = [
      ...["--redis", at.redis, "--endpoint", at.endpoint, "--no-http", "--threads", "1"],
      ...["--lock", "2", "--part-size", "128K"],
    ];
    const workers = Array.from({ length: size.workers }, () => new WorkerProcess(args, env));
    const start = performance.now();
    let [kills, restarts] = [0, 0];
    const left = async () => {
      await using catalogue = await Catalogue.open(at);
      const { waiting, active, delayed } = await catalogue.status();
      return waiting + active + delayed;
    };
    // Attacks are spread over the work.
    const total = size.songs + size.bad;
    while ((await left()) > 0) {
      const done = 1 - (await left()) / total;
      if (restarts < size.restarts && done > (restarts + 0.5) / (size.restarts + 1)) {
        await redis.restart();
        restarts++;
      }
      if (kills < size.kills && done >= (0.8 * kills) / size.kills) {
        const victim = Math.floor(chance() * size.workers);
        for (let waited = 0; workers[victim].atWork === 0 && waited < 100; waited++)
          await sleep(50);
        await sleep(chance() * 400);
        await workers[victim].end("SIGKILL");
        kills++;
        workers[victim] = new WorkerProcess(args, env);
      }
      await sleep(100);
    }
    const seconds = (performance.now() - start) / 1e3;
    for (const worker of workers) await worker.end("SIGTERM");
    store.fault = () => undefined;
    // One that finds nothing left to do clears away what the last ones killed have left.
    spawnSync(process.execPath, [program, "worker", ...args, "--until-done"], { env });
    console.log(
      `${total} songs, ${kills} kills, ${restarts} restarts of Redis, ${failing.failed} of ${failing.requests} requests failed: ${seconds.toFixed(0)} s`,
    );

    expect({ kills, restarts }).toEqual({ kills: size.kills, restarts: size.restarts });
    await using catalogue = await Catalogue.open(at);
    const failed: string[] = [];
    for await (const { input, code } of catalogue.failed()) failed.push(`${input} ${code}`);
    expect(failed.sort()).toEqual(
      Array.from({ length: size.bad }, (_, i) => `s3://music/a/bad${i}.wav not-audio`).sort(),
    );
    const outputs = [...store.objects].filter(([path]) => path.startsWith("stems/"));
    const byTrack = new Map<string, typeof outputs>();
    for (const output of outputs) {
      const track = /all\/(.*)-[0-9a-f]{12}\//.exec(output[0])?.[1] ?? "";
      byTrack.set(track, [...(byTrack.get(track) ?? []), output]);
    }
    expect(byTrack.size).toBe(size.songs);
    for (const [track, objects] of byTrack) {
      const files = new Map(
        objects.map(([path, { body }]) => [path.slice(path.lastIndexOf("/") + 1), body]),
      );
      expect([...files.keys()].sort()).toEqual([
        "bass.wav",
        "drums.wav",
        "manifest.json",
        "other.wav",
        "vocals.wav",
      ]);
      const manifest: Manifest = JSON.parse(String(files.get("manifest.json")));
      for (const { file, bytes, sha256 } of manifest.outputs) {
        const body = files.get(file) ?? Buffer.alloc(0);
        expect(body.equals(await readFile(join(plain, track, file)))).toBe(true);
        expect(body.length).toBe(bytes);
        expect(createHash("sha256").update(body).digest("hex")).toBe(sha256);
      }
    }
    expect([...store.uploads]).toEqual([]);
    expect(await readdir(scratch)).toEqual([]);
    await rm(folder, { recursive: true });
  },
);
