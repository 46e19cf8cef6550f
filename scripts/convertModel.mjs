/**
 * Converts a model of the original (`xumx_slicq_v2.pth` and `.json`) to one safetensors file at half precision.
 *
 *   node scripts/convertModel.mjs <model folder or .pth> <output folder> --name <name> [--licence <text>]
 *     [--fact key=value]...
 *
 * Convolution weights are stored as F16. Vectors (biases, batch norm, input statistics) stay F32: they are few,
 * and the ranges of variances and scales could leave that of half precision. Build the package first.
 */
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { configMetadata, loadModel } from "../dist/models/index.js";
import { readSafetensors, writeSafetensors } from "../dist/tensors/index.js";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    name: { type: "string" },
    licence: { type: "string" },
    fact: { type: "string", multiple: true, default: [] },
  },
});
const [source, outDir] = positionals;
if (!source || !outDir || !options.name) {
  console.error(
    "usage: convertModel.mjs <model> <output folder> --name <name> [--licence <text>] [--fact key=value]...",
  );
  process.exit(2);
}

const model = await loadModel(source);
const facts = options.fact.map((fact) => {
  const at = fact.indexOf("=");
  return [fact.slice(0, at), fact.slice(at + 1)];
});
const config = {
  ...model.config,
  name: options.name,
  ...(options.licence ? { licence: options.licence } : {}),
  training: { ...model.config.training, ...Object.fromEntries(facts) },
};
const bytes = writeSafetensors(model.state, {
  metadata: configMetadata(config),
  floats: (_, tensor) => (tensor.shape.length >= 2 ? "f16" : "f32"),
});

// Written beside and renamed, so that no half-written model is ever found.
mkdirSync(outDir, { recursive: true });
const path = join(outDir, "model.safetensors");
writeFileSync(`${path}.part`, bytes);
renameSync(`${path}.part`, path);

const rounded = readSafetensors(bytes).tensors;
let signal = 0;
let noise = 0;
for (const [name, { dtype, shape, data }] of model.state) {
  if (dtype !== "f32" || shape.length < 2) continue;
  const twin = rounded.get(name).data;
  for (let i = 0; i < data.length; i++) {
    signal += data[i] ** 2;
    noise += (data[i] - twin[i]) ** 2;
  }
}
console.log(
  `${path}: ${model.state.size} tensors, ${bytes.length} bytes, ` +
    `${(10 * Math.log10(signal / noise)).toFixed(1)} dB between the F16 tensors and the original's`,
);
