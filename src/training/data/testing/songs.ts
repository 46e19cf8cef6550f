/** Small songs on disk for tests: folders of WAV files. */
import { join } from "node:path";
import { createAudioWriter, floatWav } from "../../../audio/index.ts";
import { targets } from "../../../networks/index.ts";
import { Random } from "../random.ts";

/** Writes a stereo file of 16-bit noise with a tone; returns its samples. */
export async function writeNoise(
  path: string,
  key: readonly number[],
  frames: number,
  sampleRate = 44100,
): Promise<[Float32Array, Float32Array]> {
  const random = Random.of(...key);
  const hz = random.uniform(80, 2000);
  const channel = () =>
    Float32Array.from({ length: frames }, (_, i) => {
      const tone = 0.2 * Math.sin((2 * Math.PI * hz * i) / sampleRate);
      return Math.round(32768 * (tone + random.uniform(-0.05, 0.05))) / 32768;
    });
  const samples: [Float32Array, Float32Array] = [channel(), channel()];
  const writer = await createAudioWriter(path, { sampleRate, channels: 2 }, floatWav);
  await writer.write(samples);
  await writer.close();
  return samples;
}

/** Writes songs named "song 0", … of four stems each. */
export async function writeSongs(folder: string, count: number, frames: number): Promise<void> {
  for (let song = 0; song < count; song++) {
    for (const [k, target] of targets.entries()) {
      await writeNoise(
        join(folder, `song ${song}`, `${target}.wav`),
        [song, k],
        frames + 100 * song,
      );
    }
  }
}
