/**
 * How good is a stem? The measures of the field, of one stem and its truth:
 *
 *     node examples/evaluate.mjs [<true stem> [<estimate>]]
 *
 * Without an estimate, the truth itself with a little noise is scored.
 */
import { fileURLToPath } from "node:url";
import { openAudio, readSamples } from "xumx-slicq";
import { bssEval, globalSdr, median, siSdr } from "xumx-slicq/evaluation";

const here = fileURLToPath(new URL(".", import.meta.url));
const [truth = `${here}stems/vocals.wav`, estimate] = process.argv.slice(2);

const read = async (path) => readSamples(await openAudio(path));
const reference = await read(truth);
const given = estimate
  ? await read(estimate)
  : reference.map((channel) => channel.map((x, i) => x + 0.01 * Math.sin(i * i)));

console.log(`SDR of the whole track ${globalSdr(reference, given).toFixed(2)} dB`);
console.log(`scale-invariant SDR    ${siSdr(reference, given).toFixed(2)} dB`);
// BSS Eval version 4, as museval computes it: in frames of a second, filters from the whole track.
const { sources } = await bssEval([reference], [given], {
  criteria: "images",
  filters: "whole",
  framing: { window: 44100, hop: 44100 },
});
const heard = sources[0].SDR.filter(Number.isFinite);
console.log(`BSS Eval, median SDR   ${median(heard).toFixed(2)} dB over ${heard.length} frames`);
