/** `xumx-slicq spectrogram`: what songs and stems look like. */
import { resolve, sep } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { openAudio } from "../audio/index.ts";
import { ArgumentError } from "../errors.ts";
import { writeAtomically } from "../files/index.ts";
import {
  type ChannelName,
  channelNames,
  type SpectrogramPicture,
  spectrogramPicture,
  type Theme,
  themes,
} from "../pictures/index.ts";
import { type ScaleName, scaleNames } from "../transforms/slicqt/index.ts";
import { abortOnSignals } from "./abort.ts";
import { ProgressBar } from "./progressBar.ts";
import { printBytes, printPath, say } from "./terminal.ts";
import { clockTime, whole } from "./values.ts";

interface SpectrogramFlags {
  readonly output: string;
  readonly scale: ScaleName;
  readonly bins: number;
  readonly fmin: number;
  readonly gamma: number;
  readonly channel: ChannelName;
  readonly start: number;
  readonly duration?: number;
  readonly max?: number;
  readonly range: number;
  readonly width: number;
  readonly height?: number;
  readonly columns: number;
  readonly title?: string;
  readonly theme: Theme;
  readonly steps: number;
}

/** Standard output. */
const STDOUT = "-";

/** Adds the command to the program. */
export function addSpectrogramCommand(program: Command): void {
  program
    .command("spectrogram")
    .description("draw songs and stems over time and frequency, on common axes")
    .argument("<file...>", "audio files; each gets a panel")
    .requiredOption("-o, --output <png>", "the picture; - for standard output")
    .addOption(
      new Option("--scale <name>", "scale of the frequency axis")
        .choices(scaleNames)
        .default("bark"),
    )
    .option("--bins <n>", "bands of the scale", whole(1), 262)
    .option("--fmin <Hz>", "the lowest band", number, 32.9)
    .option("--gamma <Hz>", "offset of the vqlog scale", number, 15)
    .addOption(
      new Option("--channel <name>", "what is looked at; mean: the mean power of all channels")
        .choices(channelNames)
        .default("mean"),
    )
    .option("--start <time>", "where the picture begins, seconds, mm:ss or hh:mm:ss", clockTime, 0)
    .option("--duration <time>", "how much it shows; default: all", clockTime)
    .option("--max <dB>", "the strongest colour; default: the loudest point", number)
    .option("--range <dB>", "from the strongest colour to the floor", number, 80)
    .option("--width <pixels>", "of the whole picture", whole(1), 1200)
    .option("--height <pixels>", "of the whole picture; default: as suits the panels", whole(1))
    .option("--columns <n>", "panels beside each other", whole(1), 1)
    .option("--title <text>", "above all panels")
    .addOption(
      new Option("--theme <name>", "silence is black or white").choices(themes).default("dark"),
    )
    .option("--steps <n>", "colours, 2 to 231; fewer make a smaller file", whole(1), 161)
    .action(runSpectrogram);
}

function number(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value))
    throw new InvalidArgumentError("a number is expected");
  return value;
}

async function runSpectrogram(files: readonly string[], flags: SpectrogramFlags): Promise<void> {
  const signal = abortOnSignals();
  const { output, scale, bins, fmin, gamma, ...options } = flags;
  checkOutput(output);
  const titles = panelTitles(files);
  const bar = new ProgressBar(files.length === 1 ? titles[0] : `${files.length} files`);
  let picture: SpectrogramPicture;
  try {
    picture = await spectrogramPicture(
      files.map((file, i) => ({ title: titles[i], open: (abort) => openAudio(file, abort) })),
      {
        ...options,
        transform: { scale, bins, fmin, gamma },
        signal,
        onProgress: (fraction) => bar.update(fraction),
      },
    );
  } finally {
    bar.clear();
  }
  if (output === STDOUT) {
    await printBytes(picture.png);
    return;
  }
  await writeAtomically(output, picture.png);
  const { width, height, level, time } = picture;
  say(
    `${width} × ${height} pixels, ${time.duration.toFixed(1)} s, ${level.max - level.range} to ${level.max} dB`,
  );
  printPath(output);
}

function checkOutput(output: string): void {
  if (output === STDOUT) {
    if (process.stdout.isTTY) {
      throw new ArgumentError(
        "A picture is nothing that a terminal can show.",
        "Name a file, or pass standard output on: -o - | …",
      );
    }
  } else if (!/\.png$/i.test(output)) {
    throw new ArgumentError(`${output} does not end in .png.`, "Pictures are written as PNG.");
  }
}

/**
 * File names; where two files have the same one, with as many of the folders before them as tell them apart, and a number
 * where nothing does: the same file twice.
 */
export function panelTitles(files: readonly string[]): readonly string[] {
  const paths = files.map((file) => resolve(file).split(sep));
  const endOf = (i: number, depth: number) => paths[i].slice(-depth).join("/");
  return files.map((_, i) => {
    const rivals = files.flatMap((__, k) => (k !== i && endOf(k, 1) === endOf(i, 1) ? [k] : []));
    let depth = 1;
    while (depth < paths[i].length && rivals.some((k) => endOf(k, depth) === endOf(i, depth)))
      depth++;
    const twins = rivals.filter((k) => endOf(k, depth) === endOf(i, depth));
    if (twins.length > 0) return `${endOf(i, 1)} (${twins.filter((k) => k < i).length + 1})`;
    return endOf(i, depth);
  });
}
