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
import { defaultModel, openAudio, readSamples, targets } from "xumx-slicq";
import { globalSdr } from "xumx-slicq/evaluation";

const read = async (path) => readSamples(await openAudio(path));

const here = fileURLToPath(new URL(".", import.meta.url));
const [estimates = join(here, "separated", defaultModel, "song"), truths = join(here, "stems")] =
  process.argv.slice(2);

const truth = {};
for (const target of targets) truth[target] = await read(join(truths, `${target}.wav`));
const mix = truth.bass.map((channel, c) =>
  channel.map((_, i) => targets.reduce((sum, target) => sum + truth[target][c][i], 0)),
);

console.log("SDR in dB  separated  mixture  gain");
for (const target of targets) {
  const stem = globalSdr(truth[target], await read(join(estimates, `${target}.wav`)));
  const before = globalSdr(truth[target], mix);
  const columns = [stem, before, stem - before].map((db, i) =>
    db.toFixed(2).padStart([9, 7, 4][i]),
  );
  console.log(`${target.padEnd(9)}  ${columns.join("  ")}`);
}
