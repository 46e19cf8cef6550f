/**
 * How well was the song separated? The true stems are known here:
 *
 *     node examples/score.mjs [<folder of separated stems> [<folder of true stems>]]
 *
 * Prints the global signal-to-distortion ratio of each stem, 10·log10(Σ s² / Σ (s − e)²) over both channels in dB,
 * beside the ratio that the mixture itself would have as the estimate.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { targets } from "xumx-slicq";
import { openAudio } from "../dist/audio/index.js";

async function read(path) {
  const source = await openAudio(path);
  const blocks = [];
  for await (const block of source.blocks()) blocks.push(block.map((channel) => [...channel]));
  await source.close();
  return [0, 1].flatMap((channel) => blocks.flatMap((block) => block[channel]));
}

function ratio(truth, estimate) {
  let signal = 0;
  let distortion = 0;
  for (let i = 0; i < truth.length; i++) {
    signal += truth[i] ** 2;
    distortion += (truth[i] - estimate[i]) ** 2;
  }
  return 10 * Math.log10(signal / distortion);
}

const here = fileURLToPath(new URL(".", import.meta.url));
const [
  estimates = join(here, "separated", "interim-realtime", "song"),
  truths = join(here, "stems"),
] = process.argv.slice(2);

const truth = {};
for (const target of targets) truth[target] = await read(join(truths, `${target}.wav`));
const mix = truth.bass.map((_, i) => targets.reduce((sum, target) => sum + truth[target][i], 0));

console.log("SDR in dB  separated  mixture  gain");
for (const target of targets) {
  const stem = ratio(truth[target], await read(join(estimates, `${target}.wav`)));
  const before = ratio(truth[target], mix);
  const columns = [stem, before, stem - before].map((db, i) =>
    db.toFixed(2).padStart([9, 7, 4][i]),
  );
  console.log(`${target.padEnd(9)}  ${columns.join("  ")}`);
}
