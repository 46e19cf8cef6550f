import { createHash } from "node:crypto";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AbortError } from "../../errors.ts";
import type { PreparedBatch } from "../preparedBatch.ts";
import { originalLosses, originalPhase } from "../settings.ts";
import { batchOf } from "../trainee.ts";
import { augmentations } from "./augmentation.ts";
import { readExcerpt } from "./cachedSong.ts";
import { cropBatches, validationCrops } from "./crops.ts";
import { type Corpus, type DrawSettings, drawItem } from "./drawItem.ts";
import type { BatchRequest, BatchSetup } from "./engine.ts";
import { BatchStream, corpusNormalisation, makeCrew, openCorpus } from "./index.ts";
import { writeNoise, writeSongs } from "./testing/songs.ts";

const root = mkdtempSync(join(tmpdir(), "xumx-corpus-"));
const cache = join(root, "cache");
const songs = join(root, "songs");
const scale = { scale: "mel", bins: 10, fmin: 200, gamma: 0 } as const;
beforeAll(() => writeSongs(songs, 4, 6000));
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe("a corpus", () => {
  it("decodes every song once, and again when a file of it has changed", async () => {
    await using crew = makeCrew(0);
    const seen: number[] = [];
    const options = { data: [songs], cache, onProgress: (done: number) => seen.push(done) };
    const first = await openCorpus(crew, options);
    expect(seen).toEqual([1, 2, 3, 4]);
    // Without splits the last song is held out.
    expect(first.train.songs.map(({ name }) => name)).toEqual(["song 0", "song 1", "song 2"]);
    expect(first.valid.map(({ name, frames }) => [name, frames])).toEqual([["song 3", 6300]]);
    const files = readdirSync(cache);
    expect(files).toHaveLength(4);
    const times = files.map((file) => statSync(join(cache, file)).mtimeMs);

    const second = await openCorpus(crew, options);
    expect(second).toEqual(first);
    expect(readdirSync(cache).map((file) => statSync(join(cache, file)).mtimeMs)).toEqual(times);

    utimesSync(join(songs, "song 1", "bass.wav"), 1, 1);
    await openCorpus(crew, options);
    expect(readdirSync(cache)).toHaveLength(5);
  });

  it("gives the very samples of its files", async () => {
    await using crew = makeCrew(0);
    const [left, right] = await writeNoise(join(root, "own", "x", "bass.wav"), [9], 3000);
    const { train } = await openCorpus(crew, { data: [join(root, "own")], cache });
    expect(readExcerpt(train.songs[0], "bass", 1000, 500)).toEqual([
      left.subarray(1000, 1500),
      right.subarray(1000, 1500),
    ]);
  });

  it("brings other sample rates to 44.1 kHz", async () => {
    await using crew = makeCrew(0);
    await writeNoise(join(root, "rate", "x", "bass.wav"), [9], 4800, 48000);
    const { train } = await openCorpus(crew, { data: [join(root, "rate")], cache });
    expect(train.songs[0].frames).toBe(4410);
  });

  it("keeps test songs out, and takes the validation songs there are", async () => {
    await using crew = makeCrew(0);
    const data = join(root, "split");
    await writeSongs(join(data, "train"), 2, 2000);
    await writeNoise(join(data, "valid", "v", "bass.wav"), [1], 2000);
    await writeNoise(join(data, "test", "t", "bass.wav"), [1], 2000);
    const { train, valid } = await openCorpus(crew, { data: [data], cache });
    expect(train.songs.map(({ name }) => name)).toEqual(["song 0", "song 1"]);
    expect(valid.map(({ name }) => name)).toEqual(["v"]);
    await expect(openCorpus(crew, { data: [join(data, "test")], cache })).rejects.toThrow(
      /no songs to train with/,
    );
  });

  it("takes single sounds of a target", async () => {
    await using crew = makeCrew(0);
    const sounds = join(root, "sounds");
    await writeNoise(join(sounds, "drums", "kit", "hit.wav"), [5], 400);
    const { train } = await openCorpus(crew, { data: [songs], sounds: [sounds], cache });
    expect(train.sounds.drums.map(({ name, frames }) => [name, frames])).toEqual([
      [join("kit", "hit.wav"), 400],
    ]);
    expect(train.sounds.bass).toEqual([]);
    const missing = openCorpus(crew, { data: [songs], sounds: [join(root, "none")], cache });
    await expect(missing).rejects.toThrow(/holds no sounds/);
  });

  it("leaves out what cannot be decoded, and says so", async () => {
    await using crew = makeCrew(0);
    const data = join(root, "bad");
    await writeSongs(data, 3, 2000);
    writeFileSync(join(data, "song 1", "drums.wav"), "RIFF and nothing else");
    const { train, valid, problems } = await openCorpus(crew, { data: [data], cache });
    expect([...train.songs, ...valid].map(({ name }) => name)).toEqual(["song 0", "song 2"]);
    expect(problems.map(({ name }) => name)).toEqual(["song 1"]);
  });

  it("does not start after an abort", async () => {
    await using crew = makeCrew(0);
    const signal = AbortSignal.abort();
    await expect(openCorpus(crew, { data: [songs], cache, signal })).rejects.toBeInstanceOf(
      AbortError,
    );
  });
});

const draw: DrawSettings = {
  seed: 1,
  samples: 4000,
  augmentations: [],
  coherent: 0,
  sounds: 0,
};

async function corpus(): Promise<Corpus> {
  await using crew = makeCrew(0);
  return (await openCorpus(crew, { data: [songs], cache })).train;
}

describe("an item", () => {
  it("depends on seed, step and item alone", async () => {
    const train = await corpus();
    const settings = { ...draw, augmentations };
    const item = drawItem(train, settings, 3, 5);
    expect(drawItem(train, settings, 3, 5)).toEqual(item);
    for (const [s, step, number] of [
      [2, 3, 5],
      [1, 4, 5],
      [1, 3, 6],
    ]) {
      expect(drawItem(train, { ...settings, seed: s }, step, number)).not.toEqual(item);
    }
  });

  it("mixes across songs by default, and not in coherent mixes", async () => {
    const train = await corpus();
    const whole = { ...draw, samples: 100 };
    const placeOf = (stem: readonly Float32Array[], target: number) => {
      const part = (["bass", "vocals", "other", "drums"] as const)[target];
      for (const [s, song] of train.songs.entries()) {
        const [left] = readExcerpt(song, part, 0, song.frames);
        for (let at = 0; at + 100 <= song.frames; at++) {
          if (
            left[at] === stem[0][0] &&
            left[at + 1] === stem[0][1] &&
            left[at + 50] === stem[0][50]
          )
            return `${s} ${at}`;
        }
      }
      return "nowhere";
    };
    let mixed = 0;
    for (let i = 0; i < 20; i++) {
      const places = drawItem(train, whole, 0, i).stems.map(placeOf);
      expect(places).not.toContain("nowhere");
      if (new Set(places).size === 4) mixed++;
      const together = drawItem(train, { ...whole, coherent: 1 }, 0, i).stems.map(placeOf);
      expect(new Set(together).size).toBe(1);
    }
    expect(mixed).toBeGreaterThan(15);
  });

  it("longer than its songs has them whole, somewhere in silence", async () => {
    const train = await corpus();
    const starts = new Set<number>();
    for (let i = 0; i < 10; i++) {
      const { stems } = drawItem(train, { ...draw, samples: 10000 }, 0, i);
      for (const [left] of stems) {
        expect(left.length).toBe(10000);
        starts.add(left.findIndex((x) => x !== 0));
        const sounding = left.filter((x) => x !== 0).length;
        expect(sounding).toBeGreaterThan(5900);
      }
    }
    expect(starts.size).toBeGreaterThan(20);
  });
});

describe("validation crops", () => {
  it("cover every song once, or its middle", async () => {
    const { songs } = await corpus();
    const crops = validationCrops(songs, 2500, false, 100);
    expect(crops.map(({ start, samples }) => [start, samples])).toEqual([
      ...[0, 2500, 3500].map((start) => [start, 2500]),
      ...[0, 2500, 3600].map((start) => [start, 2500]),
      ...[0, 2500, 3700].map((start) => [start, 2500]),
    ]);
    expect(validationCrops(songs, 2500, true, 100).map(({ start }) => start)).toEqual([
      1750, 1800, 1850,
    ]);
    const whole = validationCrops(songs, 1e6, false, 100);
    expect(whole.map(({ start, samples }) => [start, samples])).toEqual([
      [0, 6000],
      [0, 6100],
      [0, 6200],
    ]);
    expect(cropBatches(crops, 2).map((batch) => batch.length)).toEqual([2, 2, 2, 2, 1]);
    expect(cropBatches(whole, 2).map((batch) => batch.length)).toEqual([1, 1, 1]);
  });
});

async function batchSetup(): Promise<BatchSetup> {
  return {
    scale,
    corpus: await corpus(),
    draw: { ...draw, augmentations },
    items: 2,
    prepare: { phase: originalPhase(true), losses: originalLosses },
  };
}

function* steps(count: number): Generator<BatchRequest> {
  for (let step = 0; step < count; step++) yield { kind: "training", step };
}

/** A batch in few characters. */
function digest({ blocks, waveforms, ...sizes }: PreparedBatch): string {
  const hash = createHash("sha256").update(JSON.stringify(sizes));
  for (const { feeds, constant } of blocks) {
    hash.update(String(constant));
    for (const [name, { dims, data }] of Object.entries(feeds))
      hash.update(`${name} ${dims}`).update(data);
  }
  expect(waveforms).toBeUndefined();
  return hash.digest("hex");
}

type Crews = typeof import("./crew.ts");

/** The compiled crew, whose workers Node can start. */
const compiled = fileURLToPath(new URL("../../../dist/training/data/crew.js", import.meta.url));

describe("batches", () => {
  async function collect(crew: ReturnType<Crews["makeCrew"]>): Promise<PreparedBatch[]> {
    await crew.askAll("setup", await batchSetup());
    const stream = new BatchStream(crew, steps(7));
    const out: PreparedBatch[] = [];
    for (let batch = await stream.next(); batch; batch = await stream.next()) {
      out.push(batchOf("blocks", batch));
    }
    return out;
  }

  it("come in order and end with the requests", async () => {
    await using crew = makeCrew(0);
    const batches = await collect(crew);
    expect(batches).toHaveLength(7);
    expect(new Set(batches.map(({ blocks }) => blocks[3].constant)).size).toBe(7);
  });

  it.skipIf(!existsSync(compiled))(
    "are the same bits from one worker, from three, and from this thread",
    async () => {
      const { makeCrew: makeCompiled }: Crews = await import(compiled);
      await using own = makeCrew(0);
      const expected = await collect(own);
      for (const threads of [1, 3]) {
        await using crew = makeCompiled(threads);
        expect((await collect(crew)).map(digest)).toEqual(expected.map(digest));
      }
      await using crew = makeCompiled(2);
      const { train } = await openCorpus(crew, { data: [songs], cache });
      const statistics = await corpusNormalisation(crew, { kind: "sliCQT", scale }, train.songs);
      expect(statistics).toEqual(
        await corpusNormalisation(own, { kind: "sliCQT", scale }, train.songs),
      );
    },
  );

  it.skipIf(!existsSync(compiled))("pass on what goes wrong in a worker", async () => {
    const { makeCrew: makeCompiled }: Crews = await import(compiled);
    await using crew = makeCompiled(1);
    const setup = await batchSetup();
    const song = { ...setup.corpus.songs[0], path: join(root, "gone.stems") };
    const broken = { ...setup.corpus, songs: [song] };
    await crew.askAll("setup", { ...setup, corpus: broken });
    await expect(crew.ask("batch", { kind: "training", step: 0 })).rejects.toMatchObject({
      code: "unreadable",
    });
  });
});
