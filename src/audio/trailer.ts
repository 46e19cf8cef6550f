/** What may stand behind the audio of a file without being damage. */

/** Whether the rest of a file is nothing, zeros, or one of the tags that programs append. */
export function isTrailer(rest: Uint8Array): boolean {
  const word = String.fromCharCode(...rest.subarray(0, 8));
  return /^(TAG|APETAGEX|LYRICSBE|ID3)/.test(word) || rest.every((byte) => byte === 0);
}
