import { describe, expect, it } from "vitest";
import { smoothDft } from "../../kernels/fftPlan.ts";
import { createKernels } from "../../kernels/instance.ts";
import { agreement } from "../../testing/golden.ts";
import { noise } from "../../testing/noise.ts";
import { StftEngine, spectrumSize } from "./engine.ts";
import {
  frameCount,
  leadOf,
  mirrored,
  type StftSettings,
  spanOfFrames,
  windowOf,
} from "./geometry.ts";
import { FrameJoiner } from "./joiner.ts";

/** Spectra of a whole signal, and the signal made of them again in pieces of so many frames. */
function thereAndBack(settings: StftSettings, signal: readonly Float32Array[], piece: number) {
  const samples = signal[0].length;
  const total = frameCount(settings, samples);
  const kernels = createKernels();
  const engine = new StftEngine(kernels, settings);
  const room = spanOfFrames(settings, piece + 4);
  const places = [0, 1].map(() => kernels.allocate(room * 4));
  const own = kernels.allocate(Math.min(piece, total) * spectrumSize(settings) * 4);
  const joiner = new FrameJoiner(settings, 2);
  const spectra: Float32Array[] = [];
  const back: number[][] = [[], []];
  for (let first = 0; first < total; first += piece) {
    const frames = Math.min(piece, total - first);
    const start = first * settings.hop - leadOf(settings);
    const length = spanOfFrames(settings, frames);
    places.forEach((place, c) => {
      const to = kernels.f32(place, room).fill(0);
      for (let i = 0; i < length; i++) to[i] = signal[c][mirrored(start + i, samples)];
    });
    const size = spectrumSize(settings);
    for (let frame = 0; frame < frames; frame += 4) {
      const [left, right] = places.map((place) => place + frame * settings.hop * 4);
      engine.analyse(left, right, Math.min(4, frames - frame), own + frame * size * 4);
    }
    spectra.push(kernels.f32(own, frames * size).slice());
    for (const place of places) kernels.f32(place, room).fill(0);
    for (let frame = 0; frame < frames; frame += 4) {
      const [left, right] = places.map((place) => place + frame * settings.hop * 4);
      engine.synthesise(own + frame * size * 4, Math.min(4, frames - frame), left, right);
    }
    const rows = places.map((place) => kernels.f32(place, length).slice());
    for (const [c, row] of joiner.add(rows, frames, total, samples).entries()) {
      back[c].push(...row);
    }
  }
  return { spectra, back, total };
}

const cases = [
  { settings: { length: 64, hop: 16, window: "hann" }, samples: 333 },
  { settings: { length: 64, hop: 32, window: "hann" }, samples: 320 },
  { settings: { length: 96, hop: 24, window: "ones" }, samples: 49 },
] as const;

describe("the short-time Fourier transform", () => {
  it.each(cases)("is that of the definition: $settings", ({ settings, samples }) => {
    const signal = [noise(samples, 1), noise(samples, 2)];
    const { spectra, total } = thereAndBack(settings, signal, 7);
    const window = windowOf(settings);
    const expected: number[] = [];
    for (let frame = 0; frame < total; frame++) {
      for (const channel of signal) {
        const start = frame * settings.hop - leadOf(settings);
        const re = window.map((w, n) => w * channel[mirrored(start + n, samples)]);
        const full = smoothDft(re, new Float64Array(settings.length));
        expected.push(...full.re.subarray(0, settings.length / 2 + 1));
        expected.push(...full.im.subarray(0, settings.length / 2 + 1));
      }
    }
    const found = spectra.flatMap((one) => [...one]);
    const decibels = agreement(expected, found);
    console.log(`STFT of ${settings.length}: ${decibels.toFixed(1)} dB`);
    expect(decibels).toBeGreaterThan(130);
  });

  it.each(cases)("is inverted at every sample, however it is cut: $settings", (each) => {
    const { settings, samples } = each;
    const signal = [noise(samples, 3), noise(samples, 4)];
    for (const piece of [1, 4, 6, 1000]) {
      const { back } = thereAndBack(settings, signal, piece);
      back.forEach((row, c) => {
        expect(row.length).toBe(samples);
        expect(agreement(signal[c], row)).toBeGreaterThan(125);
      });
    }
  });

  it("gives equal channels equal spectra", () => {
    const [{ settings }] = cases;
    const channel = noise(200, 5);
    const { spectra } = thereAndBack(settings, [channel, channel.slice()], 5);
    const half = spectrumSize(settings) / 2;
    for (const own of spectra) {
      for (let at = 0; at < own.length; at += 2 * half) {
        expect(own.slice(at + half, at + 2 * half)).toEqual(own.slice(at, at + half));
      }
    }
  });
});
