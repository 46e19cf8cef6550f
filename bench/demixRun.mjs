/** One separation in a process of its own, so that its peak memory is its own. Prints one line of JSON. */
import { writeSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { demixFile, inWorkers, Separator } from "../dist/index.js";
import { syntheticModel } from "./syntheticModel.mjs";

const [variant, song, out, threads, pieceSlices] = process.argv.slice(2);
const model = syntheticModel({ realtime: variant === "realtime" });
const loading = performance.now();
const options = {
  threads: Number(threads),
  ...(pieceSlices && { pieceSlices: Number(pieceSlices) }),
};
const separator = await Separator.create(model, options, inWorkers);
const start = performance.now();
const result = await demixFile(separator, song, out);
const seconds = (performance.now() - start) / 1e3;
const times = await separator.times();
await separator.close();
const report = {
  seconds,
  load: (start - loading) / 1e3,
  length: result.frames / result.sampleRate,
  peakBytes: process.resourceUsage().maxRSS * 1024,
  shares: { decode: result.decodeSeconds, ...times, encode: result.encodeSeconds },
  runtime: separator.runtime.name,
};
writeSync(1, `${JSON.stringify(report)}\n`);
