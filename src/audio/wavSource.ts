/** Reads WAV, RF64, BW64, Wave64 and RIFX. */
import type { ByteSource } from "./bytes.ts";
import { pcmSource } from "./pcmSource.ts";
import type { AudioSource } from "./source.ts";
import { readChunkTags } from "./tags/chunkTags.ts";
import { readWavHeader } from "./wavHeader.ts";

/**
 * Opens PCM of 8 to 32 bits, float of 32 or 64 bits, A-law or µ-law.
 * @throws AudioError "corrupt-audio" (also when the file is shorter than its header says), "unsupported-audio",
 * "empty-audio".
 */
export async function openWav(bytes: ByteSource): Promise<AudioSource> {
  const { format, frames, others, ...rest } = await readWavHeader(bytes);
  const tags = await readChunkTags(bytes, others);
  return pcmSource(bytes, { ...rest, format: { container: "wav", ...format, frames }, tags });
}
