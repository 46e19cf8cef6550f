/** For tests: songs to separate, and what came of them. */
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openAudio } from "../../audio/index.ts";
import { readAll } from "../../audio/testing/signals.ts";
import { encodeWav } from "../../audio/testing/wavEncoder.ts";
import type { DemixResult, OutputName } from "../../stems/index.ts";

/** Tones below 8 kHz that swell and fade, different in each channel. */
export function music(rate: number, channels: number, frames: number, gain = 0.2): Float32Array[] {
  return Array.from({ length: channels }, (_, channel) =>
    Float32Array.from({ length: frames }, (_, i) => {
      const t = i / rate;
      const swell = Math.sin((Math.PI * (i + 0.5)) / frames) ** 4;
      const tones = [97, 440, 1313, 3701, 7877].map((f) =>
        Math.sin(2 * Math.PI * f * (1 + 0.1 * channel) * t + f),
      );
      return gain * swell * tones.reduce((a, b) => a + b, 0);
    }),
  );
}

/** Writes a float32 WAV file into a folder and returns its path. */
export async function writeSong(
  folder: string,
  channels: readonly Float32Array[],
  sampleRate: number,
  name = "song.wav",
): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, encodeWav(channels, { sampleRate, format: "float32" }));
  return path;
}

/** Where an output went. */
export function pathOf({ files }: DemixResult, name: OutputName): string {
  const path = files.find((file) => file.name === name)?.path;
  if (path === undefined) throw new Error(`There is no ${name}.`);
  return path;
}

/** The samples of an output. */
export async function readOutput(result: DemixResult, name: OutputName): Promise<Float32Array[]> {
  return readAll(await openAudio(pathOf(result, name)));
}

/** Names of all files below a folder, which may be missing. */
export async function filesBelow(path: string): Promise<string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => !entry.isDirectory()).map((entry) => entry.name);
}
