/** Seconds, times real time, peak memory and shares of a separation: `npm run bench -- demix`. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createAudioWriter, floatWav } from "../dist/audio/index.js";
import { configMetadata } from "../dist/models/index.js";
import { writeSafetensors } from "../dist/tensors/index.js";
import {
  syntheticCoupled,
  syntheticModel,
  syntheticSlicq1,
  syntheticUmx,
} from "./syntheticModel.mjs";

/** Writes noise with a slow beat: stereo, 44.1 kHz, float32. */
export async function writeSong(path, seconds) {
  const writer = await createAudioWriter(path, { sampleRate: 44100, channels: 2 }, floatWav);
  let seed = 1;
  for (let second = 0; second < seconds; second++) {
    const block = [0, 1].map(() =>
      Float32Array.from({ length: 44100 }, (_, i) => {
        seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
        return (0.3 * Math.abs(Math.sin(i / 7018)) * (seed - 2 ** 31)) / 2 ** 31;
      }),
    );
    await writer.write(block);
  }
  await writer.close();
}

function modelOf(variant) {
  if (["umx", "umxl", "xumx"].includes(variant)) return syntheticUmx(variant);
  if (variant === "slicq1") return syntheticSlicq1();
  return variant === "coupled"
    ? syntheticCoupled()
    : syntheticModel({ realtime: variant === "realtime" });
}

function writeSyntheticModel(path, variant) {
  const { config, state } = modelOf(variant);
  writeFileSync(path, writeSafetensors(state, { metadata: configMetadata(config) }));
}

export async function run({
  seconds = 240,
  repeats = 3,
  pieceSlices = "",
  variants = "offline,realtime,coupled",
} = {}) {
  const folder = mkdtempSync(join(tmpdir(), "xumx-slicq-bench-"));
  try {
    const song = join(folder, "song.wav");
    await writeSong(song, seconds);
    const threads = availableParallelism();
    console.log(
      `${seconds} s of stereo at 44.1 kHz, ${threads} threads, bark-262, offline and realtime 50/51/4; umx as umxhq`,
    );
    for (const variant of variants.split(",")) {
      const model = join(folder, `${variant}.safetensors`);
      writeSyntheticModel(model, variant);
      const reports = Array.from({ length: repeats }, () =>
        once([model, song, join(folder, "out"), String(threads), String(pieceSlices)]),
      ).sort((a, b) => a.seconds - b.seconds);
      for (const report of reports) print(variant, report);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function once(args) {
  const script = fileURLToPath(new URL("demixRun.mjs", import.meta.url));
  const { stdout, stderr, status } = spawnSync(process.execPath, [script, ...args], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

function print(variant, { seconds, load, length, peakBytes, shares, runtime }) {
  const total = Object.values(shares).reduce((a, b) => a + b, 0);
  const parts = Object.entries(shares).map(
    ([name, value]) => `${name} ${((100 * value) / total).toFixed(0)} %`,
  );
  console.log(
    `${variant.padEnd(8)} ${seconds.toFixed(2)} s (${(length / seconds).toFixed(1)} × real time), load ${load.toFixed(2)} s, ` +
      `peak ${(peakBytes / 2 ** 20).toFixed(0)} MB, ${runtime}; of ${total.toFixed(1)} thread seconds: ${parts.join(", ")}`,
  );
}
