/** Reads AIFF and AIFF-C. */
import { readAiffHeader } from "./aiffHeader.ts";
import type { ByteSource } from "./bytes.ts";
import type { NoticeLog } from "./notices.ts";
import { pcmSource } from "./pcmSource.ts";
import type { AudioSource } from "./source.ts";
import { readChunkTags } from "./tags/chunkTags.ts";

/**
 * Opens PCM of 1 to 32 bits in either byte order, float of 32 or 64 bits, A-law or µ-law.
 * @throws AudioError "corrupt-audio" (what the log does not pass over), "unsupported-audio" (other
 * compressions), "empty-audio".
 */
export async function openAiff(bytes: ByteSource, log: NoticeLog): Promise<AudioSource> {
  const { format, frames, others, ...rest } = await readAiffHeader(bytes, log);
  const tags = await readChunkTags(bytes, others);
  return pcmSource(bytes, { ...rest, format: { container: "aiff", ...format, frames }, tags }, log);
}
