/** Songs brought here from wherever they are: whole, the right version, not too large, or not at all. */
import { mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readSamples } from "../audio/index.ts";
import { encodeWav } from "../audio/testing/wavEncoder.ts";
import { digestOf } from "./digests.ts";
import { type FetchOptions, fetchSong } from "./fetchSong.ts";
import { findInputs } from "./findInputs.ts";
import { S3Objects } from "./s3Objects.ts";
import type { SongJob } from "./songJob.ts";
import { S3Server } from "./testing/s3Server.ts";
import { hasOpenssl, WebServer } from "./testing/webServer.ts";

process.env.AWS_ACCESS_KEY_ID = "test";
process.env.AWS_SECRET_ACCESS_KEY = "test";

const ramp = Float32Array.from({ length: 100_000 }, (_, i) => i / 100_000);
const wav = Buffer.from(encodeWav([ramp], { format: "float32" }));
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "xumx-fetch-"));
});
afterAll(() => rm(folder, { recursive: true }));

const access = () => ({ folders: [folder], hosts: ["127.0.0.1"], privateHosts: true });
const nowhere = async () => {
  throw new Error("There is no store.");
};

/** The job of the only song that an input leads to. */
async function found(input: string, s3: FetchOptions["s3"] = nowhere): Promise<SongJob> {
  for await (const song of findInputs(input, { access: access(), s3 })) {
    if ("error" in song) throw song.error;
    const { folder: _, track: __, ...rest } = song;
    const model = { name: "m", sha256: "0" };
    return { ...rest, output: "file:///out", place: "a", model, settings: {} };
  }
  throw new Error("There is no song.");
}

async function expectWhole(job: SongJob, s3: FetchOptions["s3"] = nowhere): Promise<void> {
  await using song = await fetchSong(job, { access: access(), mostBytes: wav.length, s3 });
  expect(song.digest).toEqual(await digestOf(one()));
  // It can be opened again.
  for (let i = 0; i < 2; i++) {
    const [samples] = await readSamples(await song.open());
    expect(Buffer.compare(Buffer.from(samples.buffer), Buffer.from(ramp.buffer))).toBe(0);
  }
}

const refused = (job: SongJob, mostBytes = wav.length, s3: FetchOptions["s3"] = nowhere) =>
  expect(fetchSong(job, { access: access(), mostBytes, s3 })).rejects;

describe("a song is fetched", () => {
  it("from a file, which is read where it is", async () => {
    const path = join(folder, "a.wav");
    await writeFile(path, wav);
    const job = await found(path);
    await expectWhole(job);
    await refused(job, wav.length - 1).toMatchObject({ code: "too-large" });
    await utimes(path, 1, 1);
    await refused(job).toMatchObject({ code: "changed" });
    await rm(path);
    await refused(job).toMatchObject({ code: "not-found" });
  });

  it("from S3, over connections that break", async () => {
    await using store = await S3Server.start(["music"]);
    store.put("music/a.wav", wav);
    const objects = await S3Objects.open({ endpoint: store.endpoint, requestAttempts: 1 });
    const s3 = async () => objects;
    const job = await found("s3://music/a.wav", s3);
    let cuts = 0;
    store.fault = () => (cuts++ < 4 ? "cut" : undefined);
    await expectWhole(job, s3);
    expect(cuts).toBe(5);
    store.fault = () => "cut";
    await refused(job, wav.length, s3).toMatchObject({ code: "store-failed" });
    store.fault = () => undefined;
    await refused(job, wav.length - 1, s3).toMatchObject({ code: "too-large" });
    store.put("music/a.wav", Buffer.from("another"));
    await refused(job, wav.length, s3).toMatchObject({ code: "changed" });
    store.objects.clear();
    await refused(job, wav.length, s3).toMatchObject({ code: "not-found" });
    objects.close();
  });

  it.skipIf(!hasOpenssl)("from the web, where sizes may not be told, or wrongly", async () => {
    let [body, etag, told] = [wav, '"1"', true];
    await using server = await WebServer.start((_, response) => {
      response.writeHead(200, { etag, ...(told && { "content-length": wav.length }) });
      response.write(body, () => (body.length < wav.length ? response.destroy() : response.end()));
    });
    const job = await found(`${server.origin}/a%20b.wav`);
    await expectWhole(job);
    told = false;
    await expectWhole(job);
    await refused(job, wav.length - 1).toMatchObject({ code: "too-large" });
    told = true;
    body = wav.subarray(0, 1000);
    await refused(job).toMatchObject({ code: "store-failed" });
    etag = '"2"';
    await refused(job).toMatchObject({ code: "changed" });
  });
});

async function* one() {
  yield wav;
}
