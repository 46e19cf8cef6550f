/**
 * Makes the MP3 files of test/fixtures/gaps and prints what mpg123 and ffmpeg make of them: how many samples the sound
 * comes late, and how many there are. Needs lame, ffmpeg (with libmp3lame and libshine), sox, gst-launch-1.0 and mpg123.
 *
 *     node scripts/mp3Gaps.mjs [FOLDER]
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const usual = fileURLToPath(new URL("../test/fixtures/gaps/", import.meta.url));
const folder = process.argv[2] ?? usual;
const scratch = mkdtempSync(join(tmpdir(), "gaps-"));

function run(program, ...args) {
  const { status, stdout, stderr, error } = spawnSync(program, args, { maxBuffer: 1 << 28 });
  if (status !== 0) throw error ?? new Error(`${program} ${args.join(" ")}: ${stderr}`);
  return stdout;
}

/** The chirps of src/audio/testing/signals.ts. */
function chirp(channel, t) {
  if (channel === 0) return 0.4 * Math.sin(2 * Math.PI * (200 * t + 900 * t * t));
  return 0.3 * Math.sin(2 * Math.PI * (1500 * t - 500 * t * t));
}

const framesAt = (rate) => Math.round(0.2 * rate) + 1;

/** A WAV file of the chirps. */
function wav(rate, channels) {
  const path = join(scratch, `${rate}-${channels}.wav`);
  const frames = framesAt(rate);
  const bytes = Buffer.alloc(44 + frames * channels * 2);
  bytes.write("RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0", "latin1");
  bytes.writeUInt32LE(bytes.length - 8, 4);
  bytes.writeUInt16LE(channels, 22);
  bytes.writeUInt32LE(rate, 24);
  bytes.writeUInt32LE(rate * channels * 2, 28);
  bytes.writeUInt16LE(channels * 2, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write("data", 36);
  bytes.writeUInt32LE(bytes.length - 44, 40);
  for (let i = 0; i < frames; i++) {
    for (let c = 0; c < channels; c++) {
      bytes.writeInt16LE(Math.round(chirp(c, i / rate) * 32768), 44 + 2 * (i * channels + c));
    }
  }
  writeFileSync(path, bytes);
  return path;
}

const made = new Map();
function keep(name, bytes, rate = 44100, channels = 2) {
  made.set(name, { bytes, rate, channels });
  return bytes;
}

function lame(name, options, rate = 44100, channels = 2) {
  const path = join(scratch, "out.mp3");
  // At such rates of bits it would else resample.
  const resample = ["--resample", String(rate / 1000)];
  run("lame", "--quiet", ...resample, ...options, wav(rate, channels), path);
  return keep(name, readFileSync(path), rate, channels);
}

function ffmpeg(name, options, rate = 44100, channels = 2) {
  const path = join(scratch, "out.mp3");
  const quiet = ["-v", "error", "-y", "-i", wav(rate, channels), "-id3v2_version", "0"];
  run("ffmpeg", ...quiet, ...options, path);
  return keep(name, readFileSync(path), rate, channels);
}

// What encoders write.
const constant = lame("lame-cbr", ["-b", "64"]);
lame("lame-vbr", ["-V", "7"]);
lame("lame-abr", ["--abr", "64"]);
lame("lame-mono", ["-b", "64"], 44100, 1);
lame("lame-dual", ["-m", "d", "-b", "64"]);
const checked = lame("lame-crc", ["-p", "-b", "64"]);
lame("lame-crc-mono", ["-p", "-V", "7"], 44100, 1);
const untagged = lame("lame-untagged", ["-t", "-b", "64"]);
lame("lame-48000", ["-b", "64"], 48000);
lame("lame-32000", ["-b", "48"], 32000);
lame("lame-22050", ["-V", "7"], 22050);
lame("lame-22050-crc-mono", ["-p", "-b", "48"], 22050, 1);
lame("lame-11025", ["-b", "48"], 11025);
lame("lame-8000-mono", ["-b", "32"], 8000, 1);
// There is no room for a tag in so short a frame.
lame("lame-small-frames", ["-b", "32"], 44100, 1);
{
  const paths = ["a", "b"].map((name) => join(scratch, `${name}.wav`));
  for (const path of paths) writeFileSync(path, readFileSync(wav(44100, 2)));
  run("lame", "--quiet", "--resample", "44.1", "-b", "64", "--nogap", ...paths);
  keep("lame-nogap-first", readFileSync(paths[0].replace("wav", "mp3")));
  keep("lame-nogap-last", readFileSync(paths[1].replace("wav", "mp3")));
}
const lavc = ffmpeg("lavc-lame-cbr", ["-c:a", "libmp3lame", "-b:a", "64k"]);
ffmpeg("lavc-lame-vbr-mono", ["-c:a", "libmp3lame", "-q:a", "7"], 24000, 1);
ffmpeg("lavf-bitexact", ["-c:a", "libmp3lame", "-b:a", "64k", "-fflags", "+bitexact"]);
ffmpeg("lavc-shine", ["-c:a", "libshine", "-b:a", "64k"]);
{
  const path = join(scratch, "sox.mp3");
  run("sox", wav(44100, 2), "-C", "64.2", path);
  keep("sox", readFileSync(path));
  const source = `filesrc location=${wav(44100, 2)} ! wavparse ! lamemp3enc target=bitrate bitrate=128`;
  run("gst-launch-1.0", "-q", ...`${source} ! xingmux ! filesink location=${path}`.split(" "));
  keep("gstreamer-xingmux", readFileSync(path));
}

// What others write or wrote, made of these: only the tag differs.
/** Where the tag's extension begins. */
const EXTENSION = 36 + 120;
const copyWith = (bytes, change) => {
  const copy = Buffer.from(bytes);
  change(copy);
  return copy;
};
const withName = (name) => copyWith(constant, (copy) => copy.write(name, EXTENSION, "latin1"));
const withGap = (delay, padding) =>
  copyWith(constant, (copy) => {
    copy.writeUInt16BE((delay << 4) | (padding >> 8), EXTENSION + 21);
    copy[EXTENSION + 23] = padding & 255;
  });
keep("tag-lame-3.90", withName("LAME3.90."));
keep("tag-lame-3.99", withName("LAME3.99r"));
keep("tag-l3.99", withName("L3.99r1  "));
keep("tag-lavc", withName("Lavc58.13"));
keep("tag-gogo", withName("GOGO3.13 "));
keep(
  "tag-xing-alone",
  copyWith(constant, (copy) => copy.fill(0, EXTENSION, EXTENSION + 36)),
);
keep(
  "tag-xing-word",
  copyWith(constant, (copy) => copy.write("Xing", 36)),
);
keep(
  "tag-count-alone",
  copyWith(constant, (copy) => {
    const frames = copy.readUInt32BE(44);
    copy.fill(0, 40, EXTENSION + 36);
    copy.writeUInt32BE(1, 40);
    copy.writeUInt32BE(frames, 44);
  }),
);
keep(
  "tag-counts-itself",
  copyWith(constant, (copy) => copy.writeUInt32BE(copy.readUInt32BE(44) + 1, 44)),
);
keep("gap-0-0", withGap(0, 0));
keep("gap-1105-0", withGap(1105, 0));
keep("gap-576-100", withGap(576, 100));
keep("gap-576-528", withGap(576, 528));
keep("gap-576-4095", withGap(576, 4095));
keep("gap-4095-4095", withGap(4095, 4095));
{
  // The place of the tag where the checksum is counted in.
  const moved = Buffer.from(checked);
  moved.copyWithin(38, 36, EXTENSION + 36);
  moved.fill(0, 36, 38);
  keep("tag-after-checksum", moved);
  const vbri = Buffer.alloc(417);
  Buffer.from("fffb9064", "hex").copy(vbri);
  vbri.write("VBRI", 36);
  for (const [at, value] of [
    ...[
      [40, 1],
      [42, 0x0931],
      [44, 75],
    ],
    ...[
      [54, 0],
      [56, 1],
      [58, 2],
      [60, 1],
    ],
  ]) {
    vbri.writeUInt16BE(value, at);
  }
  vbri.writeUInt32BE(vbri.length + untagged.length, 46);
  vbri.writeUInt32BE(Math.floor(untagged.length / 208.98), 50);
  keep("tag-vbri", Buffer.concat([vbri, untagged]));
  const id3v1 = Buffer.alloc(128);
  id3v1.write("TAG");
  const id3v2 = Buffer.from(`ID3\x04\0\0\0\0\0\x20${"\0".repeat(32)}`, "latin1");
  keep("between-id3", Buffer.concat([id3v2, lavc, id3v1]));
  keep("joined", Buffer.concat([constant, constant]));
}

/** How many samples late the chirp comes, and how many samples there are. */
function measure(bytes, rate, channels) {
  const frames = bytes.length / 4 / channels;
  const x = Float32Array.from({ length: framesAt(rate) }, (_, i) => chirp(0, i / rate));
  const y = Float32Array.from({ length: frames }, (_, i) => bytes.readFloatLE(4 * i * channels));
  let [best, largest] = [0, Number.NEGATIVE_INFINITY];
  for (let lag = -4700; lag <= 2400; lag++) {
    let sum = 0;
    for (let i = Math.max(0, -lag); i < Math.min(x.length, frames - lag); i++) {
      sum += x[i] * y[i + lag];
    }
    if (sum > largest) [best, largest] = [lag, sum];
  }
  return [best, frames];
}

mkdirSync(folder, { recursive: true });
for (const [name, { bytes, rate, channels }] of made) {
  const path = join(folder, `${name}.mp3`);
  writeFileSync(path, bytes);
  const byMpg123 = run("mpg123", "-q", "-e", "f32", "-s", path);
  const byFfmpeg = run("ffmpeg", "-v", "quiet", "-i", path, "-f", "f32le", "-");
  const [a, b] = [byMpg123, byFfmpeg].map((pcm) => measure(pcm, rate, channels));
  console.log(`["${name}", [${a.join(", ")}], [${b.join(", ")}]], // of ${framesAt(rate)}`);
}
rmSync(scratch, { recursive: true });
