/**
 * Fails unless every public export has a docstring, and every type that it mentions can be imported, too:
 *
 *     node scripts/checkDocblocks.mjs [package folder]
 *
 * Reads the built package.
 */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Declarations, facesOf } from "./declarations.mjs";

/** What users pass on without looking into it. */
const opaque = [
  ...["KernelInstance", "PreparedModel", "EngineSetup", "EngineWork", "EngineCrew"],
  ...["Session", "SessionOptions", "FloatTensors", "StemEnergies", "Place", "familyName"],
  ...["AlignedPair", "Listening", "BandFeatures", "tolerances", "levelSettings", "WindowMultiple"],
  ...["StemCells", "CoupledSizes", "CoupledArchitecture", "CoupledParameters"],
];

const root = resolve(process.argv[2] ?? fileURLToPath(new URL("..", import.meta.url)));
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const declarations = new Declarations(join(root, "dist"));
const faces = facesOf(manifest).map(({ path, types }) => ({
  path,
  exports: declarations.exportsOf(types.replace("./dist/", "")),
}));
const isPublic = (found) =>
  faces.some(({ exports }) =>
    exports.some(({ file, text }) => file === found.file && text === found.text),
  );

const problems = new Set();
for (const { path, exports } of faces) {
  for (const declaration of exports) {
    const where = `${declaration.file}: ${declaration.name}`;
    if (!declaration.doc) problems.add(`${where} has no docstring.`);
    for (const name of declaration.mentions) {
      const found = declarations.mentioned(declaration, name);
      if (!found?.exported || opaque.includes(found.name) || isPublic(found)) continue;
      problems.add(
        `${where} mentions ${name} of ${found.file}, which nobody can import (${path}).`,
      );
    }
  }
}
for (const problem of problems) console.error(problem);
const count = new Set(faces.flatMap(({ exports }) => exports.map(({ file, name }) => file + name)));
console.log(`${count.size} public exports, ${problems.size} problems`);
process.exitCode = problems.size === 0 ? 0 : 1;
