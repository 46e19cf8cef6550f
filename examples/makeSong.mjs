/**
 * Makes a song of twelve seconds for the other examples, the same each time:
 *
 *     node examples/makeSong.mjs [--out <folder>] [--seconds <length>]
 *
 * Writes song.wav and the true stems stems/{bass,vocals,other,drums}.wav, whose sum is the song exactly.
 */
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createAudioWriter, floatWav } from "xumx-slicq";
import { closedHat, crash, kick, openHat, snare, tom } from "./instruments/drums.mjs";
import { electricPiano, pad } from "./instruments/keys.mjs";
import { SAMPLE_RATE, Track } from "./instruments/sound.mjs";
import { bass, guitar } from "./instruments/strings.mjs";
import { sing } from "./instruments/voice.mjs";

const BEAT = 0.5;
const BAR = 4 * BEAT;
const SECONDS = 6 * BAR;

/** Am F C G F–G Am: the root for the bass, the notes for guitar and keys. */
const chords = [
  { bar: 0, beats: 4, root: 33, notes: [57, 60, 64, 69] },
  { bar: 1, beats: 4, root: 29, notes: [53, 57, 60, 65, 69] },
  { bar: 2, beats: 4, root: 36, notes: [52, 55, 60, 64, 67] },
  { bar: 3, beats: 4, root: 31, notes: [55, 59, 62, 67, 71] },
  { bar: 4, beats: 2, root: 29, notes: [53, 57, 60, 65, 69] },
  { bar: 4.5, beats: 2, root: 31, notes: [55, 59, 62, 67] },
  { bar: 5, beats: 4, root: 33, notes: [57, 60, 64, 69] },
];

function drums() {
  const track = new Track(SECONDS);
  const play = (stroke, beat, gain, pan = 0) => track.add(stroke, beat * BEAT, gain, pan);
  play(crash(7), 0, 0.35, 0.3);
  for (let bar = 0; bar < 5; bar++) {
    const at = 4 * bar;
    const fill = bar === 4;
    for (const beat of fill ? [0, 1.5] : [0, 1.5, 2, 3.5].slice(0, bar % 2 ? 4 : 3)) {
      play(kick(11 + bar), at + beat, 1);
    }
    for (const beat of fill ? [1] : [1, 3]) play(snare(23 + 5 * bar + beat), at + beat, 0.8, 0.05);
    for (let eighth = 0; eighth < (fill ? 4 : 8); eighth++) {
      const open = eighth === 7;
      const hat = (open ? openHat : closedHat)(40 + 8 * bar + eighth);
      play(hat, at + eighth / 2, (open ? 0.3 : 0.34) * (eighth % 2 ? 0.7 : 1), -0.35);
    }
  }
  /** @type {[beat: number, stroke: Float64Array, gain: number, pan: number][]} */
  const fill = [
    [2, snare(61), 0.55, 0.05],
    [2.25, snare(62), 0.65, 0.05],
    [2.5, tom(150, 63), 0.7, -0.4],
    [2.75, tom(150, 64), 0.65, -0.4],
    [3, tom(118, 65), 0.75, 0],
    [3.25, tom(118, 66), 0.7, 0],
    [3.5, tom(86, 67), 0.85, 0.4],
    [3.75, snare(68), 0.8, 0.05],
  ];
  for (const [beat, stroke, gain, pan] of fill) play(stroke, 16 + beat, gain, pan);
  play(kick(71), 20, 1);
  play(crash(72), 20, 0.5, 0.3);
  track.reverberate({ wet: 0.12, seconds: 0.45 });
  return track;
}

function bassLine() {
  const track = new Track(SECONDS);
  const figure = [
    [0, 1.4, 0],
    [1.5, 0.45, 0],
    [2, 0.9, 0],
    [3, 0.45, 12],
    [3.5, 0.45, 7],
  ];
  for (const { bar, beats, root } of chords) {
    const at = bar * BAR;
    const last = bar === 5;
    const notes = last ? [[0, 3.6, 0]] : figure.filter(([beat]) => beat < beats);
    notes.forEach(([beat, length, up], i) => {
      track.add(bass(root + up, length * BEAT, 100 + 7 * bar + i), at + beat * BEAT, 0.8);
    });
  }
  return track;
}

function accompaniment() {
  const track = new Track(SECONDS);
  // Strokes of the guitar in eighths, down and up.
  const strokes = [
    [0, 1],
    [1, 0.8],
    [1.5, -0.6],
    [2.5, -0.7],
    [3, 0.8],
    [3.5, -0.6],
  ];
  for (const { bar, beats, notes } of chords) {
    const at = bar * BAR;
    for (const [beat, force] of bar === 5 ? [[0, 1]] : strokes.filter(([b]) => b < beats)) {
      const order = force > 0 ? notes : [...notes].reverse();
      order.forEach((note, i) => {
        const seconds = bar === 5 ? 1.9 : 0.55;
        const seed = 500 + 97 * bar + 13 * beat + i;
        const start = at + beat * BEAT + 0.012 * i;
        track.add(guitar(note, seconds, seed), start, 0.2 * Math.abs(force), -0.55);
      });
    }
    const seconds = beats * BEAT;
    for (const beat of beats === 4 ? [0, 2.5] : [0]) {
      for (const note of notes.slice(0, 4)) {
        const length = Math.min(beat === 0 ? 2.4 : 1.5, beats - beat) * BEAT;
        track.add(electricPiano(note, length), at + beat * BEAT, 0.1, 0.5);
      }
    }
    for (const note of notes.slice(0, 3)) {
      track.add(pad(note, seconds + 0.25, -7), at, 0.05, -0.9);
      track.add(pad(note, seconds + 0.25, 6), at, 0.05, 0.9);
    }
  }
  track.reverberate({ wet: 0.15, seconds: 1.1 });
  return track;
}

/** Beat, length in beats, note, vowel, consonant. */
/** @type {[beat: number, beats: number, note: number, vowel: string, consonant?: string][]} */
const melody = [
  [1, 0.5, 64, "a", "t"],
  [1.5, 0.5, 67, "e", "s"],
  [2, 1, 69, "o"],
  [3, 0.5, 67, "i", "t"],
  [3.5, 0.5, 64, "a"],
  [4, 1.6, 65, "u", "k"],
  [7, 0.5, 64, "o", "sh"],
  [7.5, 0.5, 67, "e"],
  [8, 1, 72, "a", "t"],
  [9, 0.5, 71, "i"],
  [9.5, 0.5, 67, "o", "k"],
  [10, 1.5, 67, "e", "s"],
  [12.5, 0.5, 67, "a", "h"],
  [13, 0.5, 69, "o", "t"],
  [13.5, 0.5, 71, "i"],
  [14, 1.5, 74, "a", "s"],
  [16, 0.75, 72, "e", "t"],
  [16.75, 0.75, 71, "a"],
  [17.5, 0.5, 69, "o", "k"],
  [18, 1.8, 71, "u", "sh"],
  [20, 2.8, 69, "a", "h"],
];

function vocals() {
  const track = new Track(SECONDS);
  const syllables = melody.map(([beat, beats, note, vowel, consonant]) => ({
    at: beat * BEAT,
    // The voice stays on until the next consonant.
    seconds: beats * BEAT - 0.04,
    note: note,
    vowel,
    consonant,
  }));
  track.add(sing(syllables, 900), 0, 1);
  track.echo({ seconds: 0.75 * BEAT, gain: 0.13 });
  track.reverberate({ wet: 0.07, seconds: 0.9 });
  return track;
}

/** Root mean square of a track where it sounds. */
function loudness({ left, right }) {
  let sum = 0;
  for (let i = 0; i < left.length; i++) sum += left[i] ** 2 + right[i] ** 2;
  return Math.sqrt(sum / left.length / 2);
}

/** Levels of the stems in the mix, relative to each other. */
const levels = { bass: 0.9, vocals: 1, other: 0.8, drums: 0.95 };

function song() {
  const tracks = { bass: bassLine(), vocals: vocals(), other: accompaniment(), drums: drums() };
  const names = Object.keys(tracks);
  for (const name of names) {
    const gain = levels[name] / loudness(tracks[name]);
    for (const side of ["left", "right"])
      tracks[name][side] = tracks[name][side].map((x) => x * gain);
  }
  let peak = 0;
  for (const side of ["left", "right"]) {
    for (let i = 0; i < tracks.bass[side].length; i++) {
      peak = Math.max(peak, Math.abs(names.reduce((sum, name) => sum + tracks[name][side][i], 0)));
    }
  }
  // On a grid of 2^-22 every sum of stems is a float32.
  const grid = 2 ** 22;
  const stems = {};
  for (const name of names) {
    stems[name] = ["left", "right"].map((side) =>
      Float32Array.from(tracks[name][side], (x) => Math.round((0.8 / peak) * x * grid) / grid),
    );
  }
  const mix = [0, 1].map((channel) =>
    Float32Array.from(stems.bass[channel], (_, i) =>
      names.reduce((sum, name) => sum + stems[name][channel][i], 0),
    ),
  );
  return { mix, stems };
}

async function write(path, channels) {
  const writer = await createAudioWriter(path, { sampleRate: SAMPLE_RATE, channels: 2 }, floatWav);
  await writer.write(channels.map((channel) => channel.subarray(0, frames)));
  await writer.close();
}

const here = fileURLToPath(new URL(".", import.meta.url));
const { values } = parseArgs({
  options: {
    out: { type: "string", default: here },
    seconds: { type: "string", default: String(SECONDS) },
  },
});
const { mix, stems } = song();
const frames = Math.min(mix[0].length, Math.round(Number(values.seconds) * SAMPLE_RATE));
await write(join(values.out, "song.wav"), mix);
for (const [name, channels] of Object.entries(stems)) {
  await write(join(values.out, "stems", `${name}.wav`), channels);
}
console.log(`${relative("", join(values.out, "song.wav"))}: ${frames / SAMPLE_RATE} s`);
