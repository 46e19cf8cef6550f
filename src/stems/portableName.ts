/** Names of files that come from users' file names, tags and models: safe on every platform. */

const RESERVED = /^(con|prn|aux|nul|com[\d¹²³]|lpt[\d¹²³]|conin\$|conout\$)[ ]*(\.|$)/i;

/** Most bytes of a name: what file systems allow. */
export const MOST_NAME_BYTES = 255;

/**
 * Any name, made fit for a file or a folder: never empty, hidden or reserved. Letters of any script stay as they are
 * written; what a platform forbids becomes "_".
 * @param most bytes of the result in UTF-8; what is longer is cut between two characters
 */
export function portableName(name: string, most = MOST_NAME_BYTES): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must go.
  const plain = withoutEnd(wellFormed(name).replace(/[\u0000-\u001f\u007f<>:"/\\|?*]/g, "_"));
  const shown = plain.replace(/^\.+/, "_");
  const free = RESERVED.test(shown) ? `_${shown}` : shown;
  return withoutEnd(headOf(free, most)) || "untitled";
}

/** As many characters from the start as fit into so many bytes of UTF-8. */
export function headOf(text: string, most: number): string {
  let bytes = 0;
  let head = "";
  for (const character of text) {
    bytes += byteLength(character);
    if (bytes > most) break;
    head += character;
  }
  return head;
}

/** Length in UTF-8. */
export function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** Without the dots and spaces at the end, which Windows drops. */
export function withoutEnd(name: string): string {
  return name.replace(/[. ]+$/, "");
}

/** Halves of pairs that have lost the other half would not survive in a file's name. */
function wellFormed(name: string): string {
  return new TextDecoder().decode(new TextEncoder().encode(name));
}
