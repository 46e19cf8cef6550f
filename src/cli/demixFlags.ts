/** The options of `xumx-slicq demix`, and what they mean to the library. */
import { availableParallelism } from "node:os";
import { type Command, Option } from "commander";
import type { OutputFormat } from "../audio/index.ts";
import { defaultTemplate } from "../demix/index.ts";
import { ArgumentError } from "../errors.ts";
import { defaultModel } from "../models/index.ts";
import { targets } from "../networks/index.ts";
import type { AnyPhase } from "../phase/index.ts";
import { type DevicePreference, devices, type RuntimePreference } from "../runtime/index.ts";
import { type LevelSetting, levelSettings, MOST_SHIFTS } from "../separation/index.ts";
import { type ClipMode, clipModes, type DemixSettings, type FormatChoice } from "../stems/index.ts";
import { phaseOption } from "./phaseFlag.ts";
import { bitRate, clockTime, listOf, number, sumsOfStems, whole } from "./values.ts";

type Container = OutputFormat["container"];
type Depth = "float32" | "int16" | "int24" | "input";

/** What is separated of each song, with what, and what is written of it. */
export interface SongFlags {
  readonly format: Container;
  readonly depth?: Depth;
  readonly bitrate?: number;
  readonly clipMode?: ClipMode;
  readonly tags: boolean;
  readonly stems?: readonly string[];
  readonly twoStems?: string;
  readonly aggregate?: Readonly<Record<string, readonly string[]>>;
  readonly residual?: true;
  readonly sumToMix?: true;
  readonly start?: number;
  readonly duration?: number;
  readonly mono?: true;
  readonly track?: number | string;
  readonly damaged?: true;
  readonly strict?: true;
  readonly model: string;
  readonly phase?: AnyPhase;
  readonly chunkSize?: number;
  readonly level: LevelSetting;
  readonly shifts: number;
  /** Undefined: as the model has it. */
  readonly gate?: boolean;
}

export interface DemixFlags extends SongFlags {
  readonly output: string;
  readonly context?: number;
  readonly filename: string;
  readonly name?: string;
  readonly recursive?: true;
  readonly skipExisting?: true;
  readonly threads: number;
  readonly jobs: number;
  readonly runtime: RuntimePreference;
  readonly device: DevicePreference;
  readonly dryRun?: true;
  readonly json?: true;
  readonly quiet?: true;
  readonly verbose?: true;
}

/** Names that stems of models may have here: those of music, and of umxse. */
const stemNames = [...targets, "speech", "noise"];

/** Containers, and the bit rates of those that have one. */
const bitRates: Readonly<Record<Container, number | undefined>> = {
  wav: undefined,
  flac: undefined,
  mp3: 256,
  opus: 160,
};
const containers: readonly Container[] = ["wav", "flac", "mp3", "opus"];
const depths: readonly Depth[] = ["float32", "int24", "int16", "input"];

/** Adds the options of {@link SongFlags}. */
export function addSongFlags(command: Command): Command {
  return command
    .optionsGroup("Input:")
    .option("--start <time>", "separate from here on: seconds, mm:ss or hh:mm:ss", clockTime)
    .option("--duration <time>", "separate so much, exactly to the sample", clockTime)
    .option("--mono", "mix the song down to one channel first")
    .option(
      "--track <n|language>",
      "audio track of a film: its number, from 1, or its language, e.g. eng",
      trackChoice,
    )
    .addOption(
      new Option(
        "--damaged",
        "go on where a file has holes: they become silence, each with a notice",
      ).conflicts("strict"),
    )
    .option("--strict", "refuse files with any flaw, also those that are passed over otherwise")

    .optionsGroup("Stems:")
    .option("--stems <list>", "write these only, e.g. vocals,drums", listOf(stemNames))
    .addOption(
      new Option("--two-stems <stem>", "write this one and the exact rest of the song")
        .choices(stemNames)
        .conflicts(["stems", "residual", "sumToMix"]),
    )
    .addOption(
      new Option(
        "--aggregate <json>",
        `write sums of stems, e.g. '{"vocals":["vocals"],"accompaniment":["drums","bass","other"]}'`,
      )
        .argParser(sumsOfStems)
        .conflicts(["stems", "twoStems"]),
    )
    .addOption(
      new Option("--residual", "also write the song minus all stems").conflicts("sumToMix"),
    )
    .option("--sum-to-mix", "share that residual out: the stems sum to the song exactly")

    .optionsGroup("Output:")
    .addOption(new Option("-f, --format <name>", "of the files").choices(containers).default("wav"))
    .addOption(
      new Option(
        "--depth <name>",
        "of samples (wav: float32, flac: int24); input: as fine as the song's",
      ).choices(depths),
    )
    .option(
      "--bitrate <kbit/s>",
      `of all channels (mp3: ${bitRates.mp3}, opus: ${bitRates.opus})`,
      bitRate,
    )
    .addOption(
      new Option(
        "--clip-mode <name>",
        "beyond full scale: rescale all stems by one gain, clamp, or none (float32, the default there; else rescale)",
      ).choices(clipModes),
    )
    .option("--no-tags", "do not carry the song's tags over")

    .optionsGroup("Model:")
    .option(
      "-m, --model <name|path>",
      "a model's name, or a folder or file of weights",
      defaultModel,
    )
    .addOption(phaseOption())
    .option(
      "--chunk-size <samples>",
      "separate in hard chunks, as the original (2621440)",
      whole(1),
    )
    .addOption(
      new Option(
        "--level <name>",
        "at which level the network is shown the song: that of its training, or the song's own",
      )
        .choices(levelSettings)
        .default("trained"),
    )
    .option(
      "--shifts <n>",
      "separate so often, each time a little later, and give the mean: better, up to as many times slower",
      whole(1, MOST_SHIFTS),
      1,
    )
    .option("--gate", "silence stems where they do not play (default: as the model has it)")
    .option("--no-gate", "leave stems as the network gives them");
}

/** Adds the options of how a machine separates. */
export function addRuntimeFlags(command: Command): Command {
  return command
    .addOption(
      new Option("--runtime <name>", "tensor runtime")
        .choices(["auto", "native", "wasm"])
        .default("auto"),
    )
    .addOption(
      new Option("--device <name>", "where the network runs")
        .choices(["auto", ...devices])
        .default("auto"),
    );
}

/** Adds all options to the command. */
export function addDemixFlags(command: Command): Command {
  const cores = availableParallelism();
  command
    .optionsGroup("Input:")
    .option("-r, --recursive", "search folders within folders too")
    .option("--name <track>", "name of the track, instead of the file's (of one song)")
    .optionsGroup("Output:")
    .option("-o, --output <dir>", 'folder of the outputs; "-": one stem to stdout', "separated")
    .option("--filename <pattern>", "where outputs lie in it", defaultTemplate)
    .option("--skip-existing", "leave songs alone whose outputs are all there");
  addSongFlags(command)
    .optionsGroup("Work:")
    .addOption(
      new Option("-t, --threads <n>", "processor threads, of all jobs together")
        .argParser(whole(1))
        .default(cores, "all there are"),
    )
    .option(
      "-j, --jobs <n>",
      "songs at once; each takes its share of threads, and memory",
      whole(1),
      1,
    )
    .option(
      "--context <seconds>",
      "of models that see whole songs (umxhq, xumx): show them only so much before and after",
      number(0, 600),
    );
  return addRuntimeFlags(command)
    .optionsGroup("Messages:")
    .option("-n, --dry-run", "only tell what would be read, written and left out, and why")
    .addOption(
      new Option("--json", "one JSON object a line on stdout instead of text").conflicts("quiet"),
    )
    .addOption(new Option("-q, --quiet", "say nothing but what failed").conflicts("verbose"))
    .option("-v, --verbose", "also where the time went, and memory");
}

/** @throws {ArgumentError} for options that do not go together. */
export function demixSettings(flags: SongFlags): DemixSettings {
  const { stems, twoStems, residual, sumToMix, start, duration, mono, clipMode, tags } = flags;
  const { track, damaged, strict } = flags;
  const format = formatChoice(flags);
  if (clipMode === "none" && !("encoding" in format && format.encoding === "float32")) {
    throw new ArgumentError(
      "--clip-mode none is for float32 files: no other holds samples beyond full scale.",
      "Use rescale or clamp.",
    );
  }
  if (duration === 0) throw new ArgumentError("--duration must be more than 0.");
  return {
    format,
    tags,
    ...(clipMode && { clip: clipMode }),
    ...(stems && { stems }),
    ...(twoStems && { twoStems }),
    ...(flags.aggregate && { aggregate: flags.aggregate }),
    ...(residual && { residual }),
    ...(sumToMix && { sumToMix }),
    ...(start !== undefined && { start }),
    ...(duration !== undefined && { duration }),
    ...(mono && { mono }),
    ...(track !== undefined && { audioTrack: track }),
    ...(damaged && { tolerance: "holes" }),
    ...(strict && { tolerance: "none" }),
  };
}

/** A track's number, or its language. */
function trackChoice(text: string): number | string {
  return /^\d+$/.test(text) ? whole(1)(text) : text;
}

function formatChoice({ format, depth, bitrate }: SongFlags): FormatChoice {
  if (format === "mp3" || format === "opus") {
    if (depth) throw new ArgumentError(`--depth is for wav and flac, not for ${format}.`);
    return { container: format, bitrate: bitrate ?? bitRates[format] ?? 0 };
  }
  if (bitrate !== undefined) {
    throw new ArgumentError(`--bitrate is for mp3 and opus, not for ${format}.`);
  }
  if (format === "wav") return { container: format, encoding: depth ?? "float32" };
  if (depth === "float32") {
    throw new ArgumentError("flac holds no float32.", "Use --depth int24, or --format wav.");
  }
  return { container: format, encoding: depth ?? "int24" };
}
