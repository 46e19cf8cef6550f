/** What must hold for the music that every model in the box gives. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openAudio, Resampler, readSamples } from "../src/audio/index.ts";
import { bundledModels, loadModel } from "../src/models/index.ts";
import { targets } from "../src/networks/index.ts";
import { Separator, type StereoBlock } from "../src/separation/index.ts";
import { agreement } from "../src/testing/golden.ts";
import { noiseSource } from "../src/testing/noise.ts";

/** Whole songs that the models were not trained on, where they are at hand. */
const songFolder = fileURLToPath(new URL("../../shared/data/extra/demo", import.meta.url));
const wholeSongs =
  process.env.XUMX_ALL_TESTS === "1" && existsSync(songFolder) ? readdirSync(songFolder) : [];

const RATE = 44100;
const SECONDS = 6;

/** Chords, a bass line and noise bursts; nothing above 6 kHz but the bursts, if there are any. */
function song(bursts: boolean, gain = 1): StereoBlock {
  const next = noiseSource(11);
  const chords = [
    [220, 277.2, 329.6, 55],
    [174.6, 220, 261.6, 43.65],
    [196, 246.9, 293.7, 49],
  ];
  const channel = (side: number) =>
    Float32Array.from({ length: SECONDS * RATE }, (_, i) => {
      const t = i / RATE;
      const chord = chords[Math.floor(t / 2)];
      // Notes begin and end softly, so that they are band-limited.
      const note = Math.sin((Math.PI * (t % 2)) / 2) ** 2;
      const tones = chord.reduce((sum, f, n) => {
        const partials = [1, 2, 3, 5, 8].reduce(
          (all, p) => all + Math.sin(2 * Math.PI * p * f * t + n + side * 0.4 * p) / p,
          0,
        );
        return sum + partials;
      }, 0);
      const burst = bursts ? 0.5 * next() * Math.exp(-(i % (RATE / 2)) / 1500) : 0;
      return gain * (0.12 * note * tones + burst);
    });
  return [channel(0), channel(1)];
}

function energy(x: Float32Array): number {
  return x.reduce((sum, value) => sum + value * value, 0);
}

/** Energy above a frequency, by a windowed-sinc high pass of 511 taps. */
function energyAbove(x: Float32Array, hertz: number): number {
  const reach = 255;
  const cutoff = (2 * hertz) / RATE;
  const taps = Array.from({ length: 2 * reach + 1 }, (_, i) => {
    const n = i - reach;
    const window =
      0.42 + 0.5 * Math.cos((Math.PI * n) / reach) + 0.08 * Math.cos((2 * Math.PI * n) / reach);
    const low = n === 0 ? cutoff : Math.sin(Math.PI * cutoff * n) / (Math.PI * n);
    return ((n === 0 ? 1 : 0) - low) * window;
  });
  let sum = 0;
  // Every third sample is enough for an estimate.
  for (let i = reach; i < x.length - reach; i += 3) {
    let y = 0;
    for (let k = -reach; k <= reach; k++) y += taps[k + reach] * x[i - k];
    sum += 3 * y * y;
  }
  return sum;
}

const decibels = (ratio: number) => 10 * Math.log10(ratio);

const mean = (x: Float32Array) => x.reduce((sum, value) => sum + value, 0) / x.length;
const meanOf = (channels: StereoBlock) => Math.max(...channels.map((x) => Math.abs(mean(x))));
const power = (x: Float32Array) => energy(x) / x.length;
const energyOfAll = (channels: StereoBlock) => energy(channels[0]) + energy(channels[1]);

/** Lossy files end below this. */
const BAND = 20500;

/** All of a file, at the models' rate. */
async function wholeSong(path: string): Promise<StereoBlock> {
  const source = await openAudio(path);
  const { sampleRate } = source.format;
  const samples = await readSamples(source);
  if (sampleRate === RATE) return [samples[0], samples[1]];
  const resampler = new Resampler(sampleRate, RATE, 2);
  const parts = [resampler.push(samples).map((x) => x.slice()), resampler.flush()];
  const joined = [0, 1].map((c) => Float32Array.from(parts.flatMap((part) => [...part[c]])));
  return [joined[0], joined[1]];
}

describe.each(await bundledModels())("%s", (name) => {
  let separator: Separator;
  beforeAll(async () => {
    separator = await Separator.create(await loadModel(name));
  });
  afterAll(() => separator.close());

  const summed = async (mix: StereoBlock) => {
    const stems = await separator.separate(mix);
    const sum = [0, 1].map((c) =>
      Float32Array.from(mix[c], (_, i) => targets.reduce((all, t) => all + stems[t][c][i], 0)),
    );
    return { stems, sum };
  };

  it.each([1, 1e-3])("its stems sum to a mixture of gain %d", async (gain) => {
    const mix = song(true, gain);
    const { sum } = await summed(mix);
    const db = Math.min(...[0, 1].map((c) => agreement(mix[c], sum[c])));
    console.log(`${name}: stems sum to the mixture with ${db.toFixed(1)} dB, gain ${gain}`);
    expect(db).toBeGreaterThan(100);
  });

  it("gives the same bits twice", async () => {
    const first = await separator.separate(song(true));
    const second = await separator.separate(song(true));
    for (const target of targets) {
      for (const c of [0, 1]) {
        expect(
          Buffer.from(second[target][c].buffer).equals(Buffer.from(first[target][c].buffer)),
        ).toBe(true);
      }
    }
  });

  it("leaves silence silent, also behind music", async () => {
    const silence: StereoBlock = [new Float32Array(RATE), new Float32Array(RATE)];
    const stems = await separator.separate(silence);
    for (const target of targets) {
      for (const channel of stems[target]) expect(channel.every((x) => x === 0)).toBe(true);
    }
    const music = song(true);
    // Longer than two slices: a slice with music in it rings over all of its length.
    for (const channel of music) channel.fill(0, 3 * RATE);
    const behind = await separator.separate(music);
    for (const target of targets) {
      const rest = behind[target].map((channel) => channel.subarray(4 * RATE));
      const level = decibels((energy(rest[0]) + energy(rest[1])) / 2 / (2 * RATE));
      console.log(`${name}: ${target} after music at ${level.toFixed(0)} dBFS`);
      expect(level).toBeLessThan(-100);
    }
  });

  it("adds no constant, and nothing above the song's band", async () => {
    const mix = song(false);
    const stems = await separator.separate(mix);
    const all = energy(mix[0]) + energy(mix[1]);
    // A mask that comes and goes leaves a little of a tone below the lowest bin as a mean.
    const { config } = await loadModel(name);
    const most = "scale" in config && config.scale.fmin < 100 ? 1e-4 : 1e-3;
    for (const target of targets) {
      for (const channel of stems[target]) {
        const mean = channel.reduce((sum, x) => sum + x, 0) / channel.length;
        expect(Math.abs(mean)).toBeLessThan(most);
        const above = decibels(energyAbove(channel, 10000) / all);
        console.log(
          `${name}: ${target}: mean ${mean.toExponential(1)}, above 10 kHz ${above.toFixed(0)} dB`,
        );
        expect(above).toBeLessThan(-80);
      }
    }
  });

  it("does not click where pieces meet: other pieces give the same stems", async () => {
    const mix = song(true);
    const whole = await separator.separate(mix);
    await using other = await Separator.create(await loadModel(name), { pieceSlices: 4 });
    const cut = await other.separate(mix);
    const db = Math.min(
      ...targets.flatMap((t) => [0, 1].map((c) => agreement(whole[t][c], cut[t][c]))),
    );
    console.log(`${name}: other pieces agree with ${db.toFixed(1)} dB`);
    // Where all masks are near 0 their ratios depend on the rounding, and so on the size of pieces.
    expect(db).toBeGreaterThan(80);
  });

  // All of this takes minutes: with XUMX_ALL_TESTS=1 alone.
  it.skipIf(wholeSongs.length === 0)(
    "keeps all of that on whole songs",
    async () => {
      await using cut = await Separator.create(await loadModel(name), { pieceSlices: 16 });
      for (const file of wholeSongs) {
        const mix = await wholeSong(join(songFolder, file));
        // Some seconds in the middle are missing.
        const silence = [mix[0].length / 2, mix[0].length / 2 + 3 * RATE].map(Math.round);
        for (const channel of mix) channel.fill(0, ...silence);
        const { stems, sum } = await summed(mix);
        const other = await cut.separate(mix);
        const pairs = targets.flatMap((t) =>
          [0, 1].map((c) => [stems[t][c], other[t][c]] as const),
        );
        const found = {
          sum: Math.min(...[0, 1].map((c) => agreement(mix[c], sum[c]))),
          pieces: Math.min(...pairs.map(([a, b]) => agreement(a, b))),
          constant: Math.max(...pairs.map(([a]) => Math.abs(mean(a)))) - meanOf(mix),
          // The slices beside it ring into what is silent, a second at most.
          silence: decibels(
            Math.max(
              ...pairs.map(([a]) => power(a.subarray(silence[0] + RATE, silence[1] - RATE))),
            ),
          ),
          band: decibels(Math.max(...pairs.map(([a]) => energyAbove(a, BAND))) / energyOfAll(mix)),
          songsBand: decibels(Math.max(...mix.map((a) => energyAbove(a, BAND))) / energyOfAll(mix)),
        };
        const shown = Object.entries(found).map(
          ([what, value]) => `${what} ${value.toPrecision(4)}`,
        );
        console.log(
          `${name}, ${file}, ${(mix[0].length / RATE).toFixed(0)} s: ${shown.join(", ")}`,
        );
        expect(found.sum).toBeGreaterThan(100);
        expect(found.pieces).toBeGreaterThan(80);
        expect(found.constant).toBeLessThan(1e-4);
        expect(found.silence).toBeLessThan(-100);
        expect(found.band).toBeLessThan(Math.max(-80, found.songsBand + 3));
      }
    },
    600_000,
  );
});
