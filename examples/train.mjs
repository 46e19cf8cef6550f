/**
 * Two steps of training of a tiny network, and a song separated by what comes of it:
 *
 *     node examples/train.mjs [<folder of songs with stems> [<output folder>]]
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openSeparator } from "xumx-slicq";
import { originalRecipe, runFiles, train } from "xumx-slicq/training";

const here = fileURLToPath(new URL(".", import.meta.url));
const [data = join(here, "stems"), out = join(here, "runs", "tiny")] = process.argv.slice(2);

const outcome = await train({
  recipe: {
    ...originalRecipe,
    scale: { name: "mel", bins: 16, fmin: 100, gamma: 0 },
    realtime: true,
    hidden: [4, 4],
    excerpt: 1,
    batch: 1,
    samplesPerTrack: 2,
    epochs: 1,
  },
  name: "tiny",
  data: [data],
  out,
  cache: join(out, "cache"),
  workers: 0,
  threads: 1,
  previewEvery: 0,
  onReport(report) {
    if (report.kind === "update")
      console.log(`step ${report.batch}: loss ${report.loss.toFixed(4)}`);
  },
});
console.log(`${outcome.updates} updates`);

const separator = await openSeparator({ model: join(out, runFiles.model) });
const silence = new Float32Array(44100);
const { vocals } = await separator.separate([silence, silence]);
await separator.close();
console.log(`${separator.modelName} gives ${vocals[0].length} samples of vocals`);
