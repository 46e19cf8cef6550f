/**
 * What a queue of songs costs: `npm run bench -- jobs`. Needs `redis-server`.
 *
 *     npm run bench -- jobs [seconds=240] [repeats=5] [songs=20000] [kept=100000]
 *     npm run bench -- jobs hours=2 [lock=10]    a song so long, with a short lock: is it ever lost?
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { createAudioWriter } from "../dist/audio/index.js";
import { demixFile, openSeparator } from "../dist/index.js";
import { SongWorker, submit } from "../dist/jobs/index.js";
import { openQueue } from "../dist/jobs/queue.js";

const root = fileURLToPath(new URL("..", import.meta.url));

/** A module of the tests' own, which the build leaves out. */
async function testing(name, folder) {
  const outfile = join(folder, `${name}.mjs`);
  const entry = join(root, "src/jobs/testing", `${name}.ts`);
  await build({ entryPoints: [entry], outfile, bundle: true, platform: "node", format: "esm" });
  return import(pathToFileURL(outfile));
}

/** Noise with a slow beat: stereo, 44.1 kHz, 16 bits. */
async function writeSong(path, seconds) {
  const format = { container: "wav", encoding: "int16" };
  const writer = await createAudioWriter(path, { sampleRate: 44100, channels: 2 }, format);
  let seed = 1;
  const block = [0, 1].map(() => new Float32Array(44100));
  for (let second = 0; second < seconds; second++) {
    for (const samples of block) {
      for (let i = 0; i < samples.length; i++) {
        seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
        samples[i] = (0.3 * Math.abs(Math.sin(i / 7018)) * (seed - 2 ** 31)) / 2 ** 31;
      }
    }
    await writer.write(block);
  }
  await writer.close();
}

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

export async function run({
  seconds = 240,
  repeats = 5,
  songs = 20000,
  kept = 100000,
  hours = 0,
  lock = 10,
} = {}) {
  const folder = mkdtempSync(join(tmpdir(), "xumx-bench-"));
  const { RedisServer } = await testing("redisServer", folder);
  const { S3Server } = await testing("s3Server", folder);
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: "bench", AWS_SECRET_ACCESS_KEY: "bench" });
  const redis = await RedisServer.start();
  try {
    if (hours > 0) await longSong(folder, redis, hours, lock);
    else {
      await overhead(folder, redis, seconds, repeats);
      await requests(folder, redis, S3Server, seconds);
      await throughput(redis, S3Server, songs);
      await memory(redis, kept);
      await startUp(folder, redis);
    }
  } finally {
    await redis[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The same song by `demixFile` and through the queue, in turns. */
async function overhead(folder, redis, seconds, repeats) {
  const threads = availableParallelism();
  const song = join(folder, "song.wav");
  await writeSong(song, seconds);
  for (const format of [
    { container: "wav", encoding: "float32" },
    { container: "flac", encoding: "int16" },
  ]) {
    const separator = await openSeparator({ threads });
    const at = { redis: redis.address, queue: `overhead-${format.container}` };
    let done;
    const worker = await SongWorker.start({
      ...{ ...at, threads, access: { folders: [folder] } },
      onEvent: (event) => event.kind === "done" && done(event.performance),
    });
    const once = async (i) => {
      const start = performance.now();
      await demixFile(separator, song, join(folder, `plain${i}`), { format });
      const plain = (performance.now() - start) / 1e3;
      const ended = new Promise((resolve) => {
        done = resolve;
      });
      const submitted = performance.now();
      await submit([song], { ...at, output: join(folder, `out${i}`), settings: { format } });
      const { seconds: worked, steps } = await ended;
      const queued = (performance.now() - submitted) / 1e3;
      for (const name of [`plain${i}`, `out${i}`]) rmSync(join(folder, name), { recursive: true });
      return { plain, worked, queued, steps };
    };
    await once(0);
    const rounds = [];
    for (let i = 1; i <= repeats; i++) rounds.push(await once(i));
    const percent = (key) => 100 * (median(rounds.map((round) => round[key] / round.plain)) - 1);
    const { fetch, finish } = rounds[0].steps;
    console.log(
      `${seconds} s of stereo as ${format.container}: demix ${median(rounds.map((r) => r.plain)).toFixed(2)} s, ` +
        `through the queue ${percent("worked").toFixed(1)} % more (with submission ${percent("queued").toFixed(1)} %); ` +
        `checksum of the input ${fetch.toFixed(2)} s, of heads made right, and manifest ${finish.toFixed(2)} s`,
    );
    await worker.close();
    await separator.close();
  }
}

/** What a song from a store to a store asks of it. */
async function requests(folder, redis, S3Server, seconds) {
  const store = await S3Server.start(["music", "stems"]);
  store.put("music/song.wav", readFileSync(join(folder, "song.wav")));
  const at = { redis: redis.address, queue: "requests", endpoint: store.endpoint };
  for (const format of [
    { container: "wav", encoding: "float32" },
    { container: "flac", encoding: "int16" },
  ]) {
    await submit(["s3://music"], { ...at, output: "s3://stems", settings: { format } });
    store.requests.clear();
    Object.assign(store.traffic, { in: 0, out: 0 });
    const worker = await SongWorker.start({ ...at, threads: availableParallelism() });
    await worker.idle();
    await worker.close();
    const told = [...store.requests].map(([method, count]) => `${count} ${method}`).join(", ");
    const megabytes = ({ in: came, out: went }) =>
      `${(came / 1e6).toFixed(0)} MB there, ${(went / 1e6).toFixed(0)} MB back`;
    console.log(`S3, ${seconds} s as ${format.container}: ${told}; ${megabytes(store.traffic)}`);
  }
  await store[Symbol.asyncDispose]();
}

/** Songs listed from a store and submitted; done by a worker whose separator does nothing. */
async function throughput(redis, S3Server, songs) {
  const store = await S3Server.start(["music"]);
  for (let i = 0; i < songs; i++) store.put(`music/${i}.wav`, Buffer.from(String(i)));
  const at = { redis: redis.address, queue: "throughput", endpoint: store.endpoint };
  const start = performance.now();
  const { submitted } = await submit(["s3://music"], { ...at, output: "s3://stems" });
  const rate = (1e3 * submitted) / (performance.now() - start);
  const again = performance.now();
  const { known } = await submit(["s3://music"], { ...at, output: "s3://stems" });
  const knownRate = (1e3 * known) / (performance.now() - again);
  console.log(
    `${submitted} songs of a store submitted: ${rate.toFixed(0)} a second; again: ${knownRate.toFixed(0)} a second`,
  );
  for (const together of [1, 16]) {
    const { queue, ...open } = await openQueue(at);
    if (together > 1) {
      await submit(["s3://music"], { ...at, output: "s3://others" });
    }
    const before = await queue.getCompletedCount();
    const performs = {
      perform: async () => ({ already: false, duration: 240, seconds: 0, steps: {} }),
      [Symbol.asyncDispose]: async () => {},
    };
    const begun = performance.now();
    const worker = await SongWorker.start({ ...at, songs: together, performs });
    await worker.idle();
    const done = (await queue.getCompletedCount()) - before;
    const doneRate = (1e3 * done) / (performance.now() - begun);
    console.log(`done by a stand-in, ${together} at once: ${doneRate.toFixed(0)} a second`);
    await worker.close();
    await open[Symbol.asyncDispose]();
  }
  await store[Symbol.asyncDispose]();
}

/** What Redis needs for waiting songs and for done ones. */
async function memory(redis, kept) {
  const {
    queue,
    redis: client,
    ...open
  } = await openQueue({ redis: redis.address, queue: "memory" });
  const used = async () => Number(/used_memory:(\d+)/.exec(await client.info("memory"))[1]);
  const before = await used();
  for (let from = 0; from < kept; from += 1000) {
    await queue.addBulk(
      Array.from({ length: 1000 }, (_, i) => {
        const id = createHash("sha256")
          .update(`${from + i}`)
          .digest("hex")
          .slice(0, 32);
        return {
          name: "song",
          data: {
            ...{ input: `s3://music/albums/some artist/some album/${from + i} some title.flac` },
            ...{ version: `"${id}"`, bytes: 30e6, output: "s3://stems/catalogue" },
            place: `albums/some artist/some album/${from + i} some title-${id.slice(0, 12)}`,
            model: { name: "xumx-slicq", sha256: id + id },
            settings: {
              format: { container: "flac", encoding: "int24" },
              tags: true,
              level: "trained",
            },
          },
          opts: { jobId: id },
        };
      }),
    );
  }
  const waiting = await used();
  const performs = {
    perform: async () => ({ already: false, duration: 240, seconds: 4.2, steps: {} }),
    [Symbol.asyncDispose]: async () => {},
  };
  const worker = await SongWorker.start({
    ...{ redis: redis.address, queue: "memory", songs: 32, performs },
  });
  await worker.idle();
  const done = await used();
  console.log(
    `Redis: ${((waiting - before) / kept).toFixed(0)} bytes for a waiting song of ${kept}, ${((done - before) / kept).toFixed(0)} for a done one`,
  );
  await worker.close();
  await open[Symbol.asyncDispose]();
}

/** From the start of the program until it is at a song, and until that is done. */
async function startUp(folder, redis) {
  mkdirSync(join(folder, "short"));
  const song = join(folder, "short", "song.wav");
  await writeSong(song, 1);
  const at = { redis: redis.address, queue: "start" };
  const times = [];
  for (let i = 0; i < 5; i++) {
    await submit([song], { ...at, output: join(folder, `start${i}`) });
    const args = ["--redis", at.redis, "--queue", at.queue, "--allow-folder", folder];
    const start = performance.now();
    const child = spawn(process.execPath, [
      ...[join(root, "dist/cli/main.js"), "worker", "--json", "--until-done", "--no-http", ...args],
    ]);
    const seen = {};
    for await (const text of child.stdout.setEncoding("utf8")) {
      for (const [, event] of text.matchAll(/"event":"(\w+)"/g)) {
        seen[event] ??= (performance.now() - start) / 1e3;
      }
    }
    times.push(seen);
  }
  const of = (event) => median(times.map((time) => time[event])).toFixed(2);
  console.log(
    `a worker is at its first song ${of("started")} s after its start; a song of 1 s is done after ${of("done")} s`,
  );
}

/** A short lock, a song of hours, and another worker that would take it. */
async function longSong(folder, redis, hours, lock) {
  const song = join(folder, "long.wav");
  await writeSong(song, 3600 * hours);
  const at = { redis: redis.address, queue: "long", lock };
  await submit([song], {
    ...{ ...at, output: join(folder, "out"), model: "xumx-slicq-live" },
    settings: { stems: ["vocals"], format: { container: "wav", encoding: "int16" }, clip: "clamp" },
  });
  const delay = monitorEventLoopDelay({ resolution: 10 });
  const recovered = [];
  const onEvent = (event) => {
    if (event.kind === "recovered" || event.kind === "postponed") recovered.push(event);
    if (event.kind !== "done") return;
    console.log(
      `${hours} h of music in ${event.performance.seconds.toFixed(0)} s, memory ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB`,
    );
  };
  delay.enable();
  const worker = await SongWorker.start({
    ...{ ...at, threads: availableParallelism(), access: { folders: [folder] }, onEvent },
  });
  const args = [
    join(root, "dist/cli/main.js"),
    "worker",
    "--json",
    "--no-http",
    "--lock",
    String(lock),
  ];
  args.push("--allow-folder", folder);
  const other = spawn(process.execPath, [...args, "--redis", at.redis, "--queue", at.queue], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let taken = 0;
  other.stdout.on("data", () => taken++);
  await worker.idle();
  other.kill();
  await worker.close();
  console.log(
    `lock of ${lock} s: lost ${recovered.length + taken} times; the event loop waited ${(delay.max / 1e6).toFixed(0)} ms at most, ` +
      `${(delay.percentile(99.9) / 1e6).toFixed(0)} ms in 999 of 1000 cases`,
  );
}
