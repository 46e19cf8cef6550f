/** In which form outputs are written, as far as it is known before the song is. */
import { fileExtension, floatWav, type OutputFormat } from "../audio/outputFormat.ts";
import type { AudioFormat } from "../audio/source.ts";

/** An output format, or one whose samples are as fine as the song's own. */
export type FormatChoice =
  | OutputFormat
  | { readonly container: "wav" | "flac"; readonly encoding: "input" };

/**
 * The format for a song. "input" stands for 16 bits where the song has up to 16, for 24 where it has up to 24, and else
 * (float, 32 bits, compressed with loss) for the finest that the container holds.
 */
export function formatFor(choice: FormatChoice, song: AudioFormat): OutputFormat {
  if (!("encoding" in choice) || choice.encoding !== "input") return choice;
  const bits = Number(/^u?int(\d+)$/.exec(song.sampleFormat)?.[1] ?? Number.POSITIVE_INFINITY);
  if (bits <= 16) return { container: choice.container, encoding: "int16" };
  if (bits <= 24 || choice.container === "flac") {
    return { container: choice.container, encoding: "int24" };
  }
  return floatWav;
}

/** The usual ending of file names, without the dot. */
export function endingOf(choice: FormatChoice): string {
  return "encoding" in choice && choice.encoding === "input"
    ? choice.container
    : fileExtension(choice);
}
