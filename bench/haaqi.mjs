/**
 * HAAQI's cost: processor seconds per second of audio and ear, and peak memory, with the model's noise: `npm run bench
 * -- haaqi [seconds=20] [repeats=1]`; without seconds, 20 s and a song of 240 s. pyclarity took 1.84 s per
 * second where this took 0.13. Processor time grows on a crowded machine.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

export async function run({ seconds, repeats = 1 } = {}) {
  const script = fileURLToPath(new URL("haaqiRun.mjs", import.meta.url));
  for (const length of seconds === undefined ? [20, 240] : [seconds]) {
    for (let i = 0; i < repeats; i++) {
      const { stdout, stderr, status } = spawnSync(process.execPath, [script, String(length)], {
        encoding: "utf8",
      });
      if (status !== 0) throw new Error(stderr);
      const { haaqi, processor, peakBytes } = JSON.parse(stdout);
      console.log(
        `${length} s, one ear: ${(processor / length).toFixed(3)} processor seconds per second of audio, ` +
          `peak ${(peakBytes / 1e6).toFixed(0)} MB (HAAQI ${haaqi.toFixed(4)})`,
      );
    }
  }
}
