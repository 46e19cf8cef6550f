#!/usr/bin/env node
/**
 * Renders General MIDI songs as training sounds: `bass/`, `other/` and `drums/` with one WAV file per song and stem.
 *
 *     node scripts/renderMidi.mjs --out sounds --font FluidR3_GM.sf2 --font MuseScore_General.sf3 songs/ patterns/
 *
 * Drums are channel 10, bass the programs 33 to 40, other everything else but sound effects. Of every song a stretch
 * of `--seconds` from its second quarter is rendered by FluidSynth, with the fonts in turn; every stem is brought to a
 * level of -23 dBFS. Needs `fluidsynth` on the PATH.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, extname, join, relative } from "node:path";
import { parseArgs } from "node:util";

const RATE = 44100;
const LEVEL = 10 ** (-23 / 20);
/** Stems softer than this as rendered, in RMS, are left out. */
const LEAST_LEVEL = 1e-3;
const DRUM_CHANNEL = 9;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    out: { type: "string", default: "sounds" },
    font: { type: "string", multiple: true },
    seconds: { type: "string", default: "30" },
    every: { type: "string", default: "1" },
  },
});
if (!values.font || positionals.length === 0) {
  console.error("Give folders of MIDI files and at least one --font.");
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), "xumx-midi-"));
let count = 0;
try {
  for (const root of positionals) {
    const files = readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /^\.midi?$/i.test(extname(entry.name)))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
    for (const [i, file] of files.entries()) {
      if (i % Number(values.every) !== 0) continue;
      const name = relative(root, file)
        .replace(/\.midi?$/i, "")
        .replace(/[^\p{L}\p{N}]+/gu, "-");
      render(file, `${basename(root)}-${name}`, values.font[count++ % values.font.length]);
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${count} songs rendered to ${values.out}`);

/** Renders the stems of one file. */
function render(file, name, font) {
  const song = parseMidi(readFileSync(file));
  const stretch = cut(song, Number(values.seconds));
  for (const stem of ["bass", "other", "drums"]) {
    const notes = stretch.events.filter((event) => event.stem === undefined || event.stem === stem);
    if (!notes.some((event) => event.stem === stem)) continue;
    const midi = join(folder, "stem.mid");
    const wav = join(folder, "stem.wav");
    writeFileSync(midi, writeMidi(song.division, notes));
    const loading = ["-o", "synth.dynamic-sample-loading=1"];
    const options = [
      "-ni",
      "-q",
      ...loading,
      "-g",
      "0.3",
      "-r",
      String(RATE),
      "-O",
      "float",
      "-T",
      "wav",
    ];
    execFileSync("fluidsynth", [...options, "-F", wav, font, midi], { stdio: "ignore" });
    const samples = floatSamples(readFileSync(wav)).subarray(0, 2 * RATE * Number(values.seconds));
    const level = Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length);
    if (!(level > LEAST_LEVEL)) continue;
    const peak = samples.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    const gain = Math.min(LEVEL / level, 0.99 / peak);
    mkdirSync(join(values.out, stem), { recursive: true });
    writeFileSync(join(values.out, stem, `${name}.wav`), wavFile(samples, gain));
  }
}

/** All events of a MIDI file in the order of time, notes with the stem they belong to. */
function parseMidi(bytes) {
  const tracks = [];
  for (let at = 0; at + 8 <= bytes.length; at += 8 + bytes.readUInt32BE(at + 4)) {
    if (bytes.toString("latin1", at, at + 4) !== "MTrk") continue;
    tracks.push(parseTrack(bytes.subarray(at + 8, at + 8 + bytes.readUInt32BE(at + 4))));
  }
  const events = tracks.flat().sort((a, b) => a.tick - b.tick);
  const programs = new Array(16).fill(0);
  const sounding = new Map();
  for (const event of events) {
    const [status, first, second] = event.data;
    const kind = status >> 4;
    const channel = status & 15;
    if (kind === 0xc) programs[channel] = first;
    if (kind !== 8 && kind !== 9) continue;
    const key = (channel << 7) | first;
    // A note ends with the stem that it began with.
    if (kind === 9 && second > 0) sounding.set(key, stemOf(channel, programs[channel]));
    event.stem = sounding.get(key) ?? "none";
  }
  return { division: bytes.readUInt16BE(12), events };
}

function stemOf(channel, program) {
  if (channel === DRUM_CHANNEL) return "drums";
  if (program >= 32 && program < 40) return "bass";
  return program >= 120 ? "none" : "other";
}

function parseTrack(bytes) {
  const events = [];
  let at = 0;
  let tick = 0;
  let running = 0;
  const number = () => {
    for (let value = 0; ; ) {
      const byte = bytes[at++];
      value = (value << 7) | (byte & 127);
      if (!(byte & 128)) return value;
    }
  };
  while (at < bytes.length) {
    tick += number();
    const status = bytes[at] & 128 ? bytes[at++] : running;
    if (status === 0xff || status === 0xf0 || status === 0xf7) {
      const type = status === 0xff ? bytes[at++] : undefined;
      const length = number();
      // Of these only the tempo matters.
      if (type === 0x51)
        events.push({ tick, data: [0xff, 0x51, 3, ...bytes.subarray(at, at + 3)] });
      at += length;
      continue;
    }
    running = status;
    const length = status >> 4 === 0xc || status >> 4 === 0xd ? 1 : 2;
    events.push({ tick, data: [status, ...bytes.subarray(at, at + length)] });
    at += length;
  }
  return events;
}

/** A stretch of a song: what sets instruments and tempo before it comes at once, notes that began before are left out. */
function cut({ division, events }, seconds) {
  const times = secondsOf(division, events);
  const length = times.at(-1) ?? 0;
  const start = Math.max(0, Math.min(length / 4, length - seconds));
  const begun = new Set();
  let first = 0;
  const kept = events.flatMap((event, i) => {
    const isNote = event.stem !== undefined;
    if (times[i] < start) {
      first = event.tick;
      return isNote ? [] : [{ ...event, tick: 0 }];
    }
    const key = ((event.data[0] & 15) << 7) | event.data[1];
    const on = event.data[0] >> 4 === 9 && event.data[2] > 0;
    if (isNote && on && times[i] < start + seconds) begun.add(key);
    else if (isNote && !begun.has(key)) return [];
    return [{ ...event, tick: event.tick - first }];
  });
  return { events: kept };
}

/** The time of every event. */
function secondsOf(division, events) {
  let perTick = 0.5 / division;
  let tick = 0;
  let time = 0;
  return events.map((event) => {
    time += (event.tick - tick) * perTick;
    tick = event.tick;
    const [status, type, , a, b, c] = event.data;
    if (status === 0xff && type === 0x51) perTick = ((a << 16) | (b << 8) | c) / 1e6 / division;
    return time;
  });
}

/** A file of one track. */
function writeMidi(division, events) {
  const body = [];
  let tick = 0;
  for (const event of events) {
    body.push(...variableLength(event.tick - tick), ...event.data);
    tick = event.tick;
  }
  body.push(0, 0xff, 0x2f, 0);
  const header = Buffer.from("MThd\0\0\0\x06\0\0\0\x01\0\0MTrk\0\0\0\0", "latin1");
  header.writeUInt16BE(division, 12);
  header.writeUInt32BE(body.length, 18);
  return Buffer.concat([header, Buffer.from(body)]);
}

function variableLength(value) {
  const bytes = [value & 127];
  for (let rest = value >> 7; rest > 0; rest >>= 7) bytes.unshift((rest & 127) | 128);
  return bytes;
}

/** The samples of a float WAV file. */
function floatSamples(bytes) {
  let at = 12;
  while (bytes.toString("latin1", at, at + 4) !== "data") at += 8 + bytes.readUInt32LE(at + 4);
  const data = bytes.subarray(at + 8);
  return new Float32Array(data.buffer.slice(data.byteOffset, data.byteOffset + (data.length & ~7)));
}

/** A 16-bit stereo WAV file. */
function wavFile(samples, gain) {
  const file = Buffer.alloc(44 + 2 * samples.length);
  file.write("RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x02\0", 0, "latin1");
  file.writeUInt32LE(file.length - 8, 4);
  file.writeUInt32LE(RATE, 24);
  file.writeUInt32LE(4 * RATE, 28);
  file.writeUInt16LE(4, 32);
  file.writeUInt16LE(16, 34);
  file.write("data", 36, "latin1");
  file.writeUInt32LE(2 * samples.length, 40);
  for (let i = 0; i < samples.length; i++) {
    file.writeInt16LE(Math.round(32767 * gain * samples[i]), 44 + 2 * i);
  }
  return file;
}
