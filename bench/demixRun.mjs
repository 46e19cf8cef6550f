/** One separation in a process of its own, so that its peak memory is its own. Prints one line of JSON. */
import { writeSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { demixFile, openSeparator } from "../dist/index.js";

const [model, song, out, threads, pieceSlices] = process.argv.slice(2);
const loading = performance.now();
const options = {
  model,
  threads: Number(threads),
  ...(pieceSlices && { pieceSlices: Number(pieceSlices) }),
};
const separator = await openSeparator(options);
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
