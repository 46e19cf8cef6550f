/**
 * What audio looks like: a song and its vocals on one page, with the same axes and colours.
 *
 *     node examples/spectrogram.mjs [<picture.png> [<audio file> …]]
 */
import { mkdir, writeFile } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { openAudio, spectrogramPicture } from "xumx-slicq";

const here = fileURLToPath(new URL(".", import.meta.url));
const [out = `${here}separated/spectrogram.png`, ...given] = process.argv.slice(2);
const files = given.length > 0 ? given : [`${here}song.wav`, `${here}stems/vocals.wav`];

const { png, width, height, level } = await spectrogramPicture(
  files.map((file) => ({ title: basename(file), open: (signal) => openAudio(file, signal) })),
  { width: 1000, duration: 10, transform: { scale: "bark", bins: 128, fmin: 32.9 } },
);
await mkdir(dirname(out), { recursive: true });
await writeFile(out, png);
console.log(`${out}: ${width} × ${height} pixels, up to ${level.max} dB`);
