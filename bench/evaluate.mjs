/**
 * Seconds and peak memory of scoring one track with BSS Eval v4, global SDR and SI-SDR: `npm run bench -- evaluate
 * [seconds=240] [rate=44100] [repeats=1]`. museval takes 12 s for 12 s of music at 8 kHz and 26 s at 44.1 kHz.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

export async function run({ seconds, rate, repeats = 1 } = {}) {
  const cases =
    seconds === undefined && rate === undefined
      ? [
          { seconds: 12, rate: 8000 },
          { seconds: 12, rate: 44100 },
          { seconds: 240, rate: 44100 },
        ]
      : [{ seconds: seconds ?? 240, rate: rate ?? 44100 }];
  for (const { seconds, rate } of cases) {
    for (let i = 0; i < repeats; i++) {
      const { spent, peakBytes } = once([String(seconds), String(rate)]);
      console.log(
        `${seconds} s of 4 stereo stems at ${rate} Hz: scored in ${spent.toFixed(2)} s ` +
          `(${(seconds / spent).toFixed(1)} × real time, one thread), peak ${(peakBytes / 2 ** 20).toFixed(0)} MB`,
      );
    }
  }
}

function once(args) {
  const script = fileURLToPath(new URL("evaluateRun.mjs", import.meta.url));
  const { stdout, stderr, status } = spawnSync(process.execPath, [script, ...args], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}
