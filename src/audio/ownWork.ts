/** Recognises files that this program's encoders wrote, by their first bytes. */
// biome-ignore-all lint/suspicious/noControlCharactersInRegex: bytes are matched, not text.
import { id3v2Length } from "./sniff.ts";

/** Bytes from the beginning of a file that {@link isOwnWork} wants to see: tags may come first. */
export const OWN_WORK_BYTES = 1 << 17;

/** Our order of chunks: room for RF64, the format, for floats their number, perhaps tags, the samples. */
const wav =
  /^R(IFF|F64)....WAVE(JUNK|ds64)\x1c\0\0\0.{28}fmt (\x10\0{3}.{16}|\x12\0{3}.{18}fact\x04\0{3}.{4}|\x28\0{3}.{40}(fact\x04\0{3}.{4})?)(data|LIST....INFO(?!.{0,40000}ISFT))/s;
/** LAME's tag without what LAME itself would tell there, such as its low-pass. */
const mp3 = /^\xff.{12,40}Info.{100,120}LAME3\.100\x01\0{10}/s;

/**
 * Whether an encoder of ours wrote the file. FLAC and Ogg name the program; WAV and MP3 are known by their form, so that
 * another program that writes just this form would be taken for ours.
 *
 * @param head the first {@link OWN_WORK_BYTES} bytes, or all of a shorter file.
 */
export function isOwnWork(head: Uint8Array): boolean {
  const text = latin1(head);
  if (/^(fLaC|OggS)/.test(text)) return text.includes("\x0a\0\0\0xumx-slicq");
  return wav.test(text) || mp3.test(text.slice(id3v2Length(head)));
}

/** A character a byte. */
function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 4096) {
    text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  }
  return text;
}
