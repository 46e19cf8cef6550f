/** Tells sets of songs apart. */
import { createHash } from "node:crypto";

/** A name for a set of songs that changes when the set does. */
export function fingerprint(songs: readonly { name: string; frames: number }[]): string {
  const hash = createHash("sha256");
  for (const { name, frames } of songs) hash.update(`${name}\n${frames}\n`);
  return hash.digest("hex").slice(0, 16);
}
