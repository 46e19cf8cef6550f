/** Compiles the AssemblyScript kernels to WASM SIMD and embeds the module, base64, in a TypeScript file. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";

const root = fileURLToPath(new URL("..", import.meta.url));
const outDir = `${root}node_modules/.cache/kernels`;
mkdirSync(outDir, { recursive: true });

const { error, stderr } = await asc.main([
  `${root}src/kernels/assembly/index.ts`,
  "--outFile",
  `${outDir}/kernels.wasm`,
  "--runtime",
  "stub",
  "--enable",
  "simd",
  "--importMemory",
  "--noExportMemory",
  "--use",
  "abort=",
  "-O3",
  "--converge",
]);
if (error) {
  console.error(stderr.toString());
  throw error;
}
const wasm = readFileSync(`${outDir}/kernels.wasm`);
const target = `${root}src/kernels/kernels.wasm.ts`;
const text = `/** Built from src/kernels/assembly by scripts/buildKernels.mjs. */\nexport const kernelsBase64 =\n  "${wasm.toString("base64")}";\n`;
let current = "";
try {
  current = readFileSync(target, "utf8");
} catch {}
if (current !== text) writeFileSync(target, text);
console.log(`kernels: ${wasm.length} bytes`);
