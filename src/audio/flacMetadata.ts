/** The metadata blocks before the frames of a FLAC file. (RFC 9639, section 8.) */
import { type ByteSource, readBytes } from "./bytes.ts";
import { corruptAudio } from "./streamedSource.ts";
import { type Comments, readComments } from "./tags/vorbisComment.ts";
import { triedTags } from "./tags.ts";

const COMMENT_BLOCK = 4;
/** More of a comment block is not read. */
const MAX_COMMENT_BYTES = 1 << 22;

/** What the first metadata block says of the whole stream. */
export interface StreamInfo {
  readonly sampleRate: number;
  readonly channels: number;
  /** Per sample. */
  readonly bits: number;
  /** Samples per channel; 0 when the encoder did not know. */
  readonly frames: number;
  /** Samples per channel of the longest frame. */
  readonly blockSize: number;
}

export interface FlacMetadata {
  readonly info: StreamInfo;
  readonly comments: Comments;
  /** Position of the first frame. */
  readonly audio: number;
}

/**
 * Reads the metadata blocks after the "fLaC" mark at `start`.
 * @throws AudioError "corrupt-audio".
 */
export async function readFlacMetadata(bytes: ByteSource, start: number): Promise<FlacMetadata> {
  let position = start + 4;
  let info: StreamInfo | undefined;
  let comments: Comments = new Map();
  for (;;) {
    const head = await readBytes(bytes, position, 38);
    if (head.length < 4) throw corruptAudio(bytes.name, "the file ends within its metadata.");
    const type = head[0] & 0x7f;
    const length = (head[1] << 16) | (head[2] << 8) | head[3];
    if (!info) {
      if (type !== 0 || length < 34 || head.length < 38) {
        throw corruptAudio(bytes.name, "it does not begin with stream information.");
      }
      info = readStreamInfo(head.subarray(4), bytes.name);
    }
    if (type === COMMENT_BLOCK && comments.size === 0) {
      const most = Math.min(length, MAX_COMMENT_BYTES);
      const at = position + 4;
      comments = await triedTags(
        async () => readComments(await readBytes(bytes, at, most)),
        comments,
      );
    }
    position += 4 + length;
    if (head[0] & 0x80) return { info, comments, audio: position };
  }
}

/** Reads the content of the first block, 34 bytes. @throws AudioError "corrupt-audio". */
export function readStreamInfo(b: Uint8Array, name: string): StreamInfo {
  const sampleRate = (b[10] << 12) | (b[11] << 4) | (b[12] >>> 4);
  const channels = ((b[12] >>> 1) & 7) + 1;
  const bits = (((b[12] & 1) << 4) | (b[13] >>> 4)) + 1;
  const view = new DataView(b.buffer, b.byteOffset, b.length);
  const frames = (b[13] & 15) * 2 ** 32 + view.getUint32(14);
  if (sampleRate === 0) throw corruptAudio(name, "it claims a sample rate of 0 Hz.");
  return { sampleRate, channels, bits, frames, blockSize: view.getUint16(2) };
}
