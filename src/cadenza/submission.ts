/** The files of a submission: names, formats, and what may be wrong with them. */
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { encodeSamples, type OutputFormat, openAudio, readSamples } from "../audio/index.ts";
import { AudioError, DataError } from "../errors.ts";
import { writeAtomically } from "../files/index.ts";
import type { Listener } from "../metrics/haaqi/listeners.ts";
import {
  type Enhanced,
  type Instrument,
  instruments,
  REMIX_RATE,
  type Side,
  STEM_RATE,
  sides,
} from "./enhance.ts";
import type { CadenzaSplit } from "./metadata.ts";
import { pythonFloat } from "./scoresCsv.ts";

const FLAC: OutputFormat = { container: "flac", encoding: "int16" };

/** Where a split's enhanced signals lie within the output folder. */
export function signalsFolder(out: string, split: CadenzaSplit): string {
  const folder = join(out, "enhanced_signals");
  return split === "test" ? join(folder, "evaluation") : folder;
}

/** Path of a file without its ending; what: a stem for one ear, or the remix. */
export function signalPath(
  folder: string,
  listener: Listener,
  song: string,
  what: { readonly side: Side; readonly instrument: Instrument } | "remix",
): string {
  const part = what === "remix" ? "remix" : `${what.side}_${what.instrument}`;
  return join(folder, listener.name, song, `${listener.name}_${song}_${part}`);
}

/** All files of a song and listener, as folders and name within the split's folder. */
export function fileNames(listener: Listener, song: string): readonly (readonly string[])[] {
  const name = (part: string) => [listener.name, song, `${listener.name}_${song}_${part}`];
  const stems = sides.flatMap((side) => instruments.map((own) => `${side}_${own}`));
  return [...stems.flatMap((stem) => [`${stem}.flac`, `${stem}.txt`]), "remix.flac"].map(name);
}

/** Whether everything of a song and listener is there. */
export async function isComplete(
  folder: string,
  listener: Listener,
  song: string,
): Promise<boolean> {
  for (const name of fileNames(listener, song)) {
    const there = await stat(join(folder, ...name)).then(
      (found) => found.isFile(),
      () => false,
    );
    if (!there) return false;
  }
  return true;
}

/**
 * Writes a song's signals for a listener; each file appears when it is whole.
 * @throws AudioError "unwritable".
 */
export async function writeEnhanced(
  folder: string,
  listener: Listener,
  song: string,
  { stems, remix }: Enhanced,
): Promise<void> {
  for (const stem of stems) {
    const path = signalPath(folder, listener, song, stem);
    await writeAtomically(`${path}.txt`, pythonFloat(stem.scale));
    await writeAtomically(`${path}.flac`, await encodeSamples([stem.samples], STEM_RATE, FLAC));
  }
  const path = signalPath(folder, listener, song, "remix");
  await writeAtomically(`${path}.flac`, await encodeSamples(remix, REMIX_RATE, FLAC));
}

/**
 * Reads a stem as the evaluation hears it: times the number in its text file.
 * @param expected samples that the reference has at 24 kHz; the filter's tail may follow.
 * @throws AudioError "not-found" for a missing file; DataError for a wrong rate, number of channels or length, and for
 * a text file that is missing or holds no number (the challenge's own program scores the normalised stem then).
 */
export async function readStem(path: string, expected: number): Promise<Float32Array> {
  const source = await openAudio(`${path}.flac`);
  const { sampleRate, channels } = source.format;
  const [samples] = await readSamples(source);
  if (sampleRate !== STEM_RATE || channels !== 1) {
    throw new DataError(
      `${path}.flac has ${channels} channels at ${sampleRate} Hz.`,
      `Stems have one channel at ${STEM_RATE} Hz.`,
    );
  }
  const tail = Math.ceil((220 * STEM_RATE) / 44100) + 1;
  if (samples.length < expected - 1 || samples.length > expected + tail) {
    throw new DataError(
      `${path}.flac has ${samples.length} samples; its reference has ${expected}.`,
      "Stems are as long as their songs, or by the filter's tail longer. For segments say so.",
    );
  }
  const scale = Number(await textOf(`${path}.txt`));
  if (!Number.isFinite(scale)) {
    throw new DataError(`${path}.txt holds no number.`, "It holds the stem's largest value.");
  }
  return samples.map((value) => value * Math.fround(scale));
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new AudioError(
      "not-found",
      `${path} is missing.`,
      "Without it the stem would be scored at a wrong level.",
      { cause },
    );
  }
}
