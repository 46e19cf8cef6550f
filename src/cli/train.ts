/** `xumx-slicq train`: trains a model on folders of songs. */
import { availableParallelism } from "node:os";
import { basename, resolve } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { ArgumentError } from "../errors.ts";
import { audiogramNames } from "../evaluation/index.ts";
import { loadModel } from "../models/index.ts";
import {
  type Augmentation,
  augmentations,
  defaultCache,
  parseAugmentations,
} from "../training/data/index.ts";
import { type EndReason, type Recipe, savedRecipe, train } from "../training/loop/index.ts";
import type { TrialTraining } from "../training/tune/index.ts";
import { MOST_BANDS, scaleNames } from "../transforms/slicqt/scales.ts";
import { abortOnSignals, interruptedCode } from "./abort.ts";
import { haaqiOf, lossList } from "./lossFlags.ts";
import { recipeOf, startingRecipe, type TrainFlags } from "./recipeFlags.ts";
import { printPath, say } from "./terminal.ts";
import { TrainingDisplay } from "./trainingDisplay.ts";
import { anyNumber, decibels, duration, number, oneOf, oneOrTwo, whole } from "./values.ts";

const phaseNames = ["mix", "wiener-em"] as const;
const familyNames = ["xumx-slicq-v2", "slicq1", "coupled", "umx", "xumx"] as const;
const scheduleNames = ["plateau", "cosine"] as const;
const runtimeNames = ["auto", "native", "wasm"] as const;

/** Adds the command to the program. */
export function addTrainCommand(program: Command): void {
  const command = program.command("train");
  command.description("train a model on folders of songs with stems");
  withTrainOptions(command).action(runTrain);
}

/** Adds all options of a training to a command. */
export function withTrainOptions(command: Command): Command {
  const names = augmentations.join(", ");
  return command
    .requiredOption(
      "--data <dir...>",
      "MUSDB18-HQ, MUSDB18 (.stem.mp4), or folders of songs as WAV, FLAC, …",
    )
    .requiredOption("--out <dir>", "where the model, checkpoints, log and event files go")
    .option("--valid-data <dir...>", "songs to validate on; default: the split valid of --data")
    .option("--sounds <dir...>", "single sounds, in folders bass, vocals, other, drums")
    .option("--cache <dir>", "where decoded songs are kept", defaultCache())
    .option(
      "--resume",
      "go on with the training in --out, exactly where its checkpoint was written",
    )
    .option(
      "--init <dir|name>",
      "start from these weights, with a warm-up; more channels or taps are added to them",
    )
    .option("--time-limit <time>", "stop after 90m, 2h, 3600s, …, with a checkpoint", duration)
    .option("--name <name>", "the model's name; default: that of the folder --out")
    .option("--licence <text>", "terms of use of the weights")

    .optionsGroup("Model:")
    .option("--realtime", "the causal network with mixture phase; default: offline, Wiener-EM")
    .option("--phase <name>", "phase while training: mix, faster, or wiener-em", oneOf(phaseNames))
    .option(
      "--fscale <name>",
      `frequency scale: ${scaleNames.join(", ")} (bark)`,
      oneOf(scaleNames),
    )
    .option("--fbins <n>", "frequencies of the scale (262)", whole(2, MOST_BANDS))
    .option("--fmin <hz>", "lowest frequency (32.9)", number(0))
    .option("--fgamma <hz>", "offset of the scale vqlog (0; slicq1: 25)", number(0))
    .option(
      "--family <name>",
      "xumx-slicq-v2; slicq1: its version 1; coupled: bands in one network; umx: Open-Unmix; xumx: X-UMX (xumx-slicq-v2)",
      oneOf(familyNames),
    )
    .option("--channels <n>", "coupled: channels of a band (24)", whole(1))
    .option(
      "--dilations <n,n,…>",
      "coupled: steps between the taps of each layer (1,2,4,1,2,4,1,2)",
      dilationList,
    )
    .option(
      "--hidden <n[,n]>",
      "channels of the outer and inner layers (50,51); umx, xumx: width of the layers (512)",
      oneOrTwo,
    )
    .option(
      "--target <list>",
      "umx: networks of which stems, or of accompaniment (vocals,drums,bass,other)",
      nameList,
    )
    .option("--nfft <n>", "umx, xumx: samples of a frame (4096)", whole(16))
    .option("--nhop <n>", "umx, xumx: samples from frame to frame (1024)", whole(4))
    .option(
      "--bandwidth <hz>",
      "umx, xumx: what the network sees; slicq1: what it masks (16000)",
      number(0),
    )
    .option("--unidirectional", "umx, xumx: recurrent layers look back alone")
    .option("--time-taps <n>", "width of the inner kernels in half slices (4)", whole(1))

    .optionsGroup("Data:")
    .option("--seq-dur <seconds>", "length of an excerpt (2; slicq1: 1)", number(0))
    .option("--samples-per-track <n>", "excerpts of an epoch for every song (64)", whole(1))
    .option("--augment <list>", `of ${names}; or none, or all (gain,swap)`, augmentationList)
    .option("--coherent <share>", "share of mixes whose stems are of one song (0)", number(0, 1))
    .option("--sound-share <share>", "share of sources that are single sounds (0.2)", number(0, 1))
    .option("--seed <n>", "of weights and excerpts (42)", whole(0))
    .option("--nb-workers <n>", "threads that prepare data", whole(0), defaultWorkers())
    .option("--debug", "skip the input statistics")

    .optionsGroup("Optimisation:")
    .option("--epochs <n>", "(1000)", whole(1))
    .option("--batch-size <n>", "(32)", whole(1))
    .option("--accumulate <n>", "batches that make one update (1)", whole(1))
    .option("--lr <rate>", "learning rate (0.001)", number(0))
    .option("--schedule <name>", "of the rate: plateau or cosine (plateau)", oneOf(scheduleNames))
    .option("--lr-decay-patience <n>", "plateau: epochs without improvement (80)", whole(0))
    .option("--lr-decay-gamma <factor>", "plateau: factor of the rate (0.3)", number(0, 1))
    .option("--least-rate <share>", "cosine: the last rate, as a share of --lr (0)", number(0, 1))
    .option(
      "--warmup <updates>",
      "updates over which the rate rises (0; with --init 100)",
      whole(0),
    )
    .option("--weight-decay <n>", "(0.00001)", number(0))
    .option("--clip <norm>", "largest norm of the gradients (none)", number(0))
    .option("--ema <decay>", "validate and keep an average of weights, e.g. 0.999", number(0, 1))
    .option(
      "--loss <list>",
      "complex, sdr, or magnitude (the first version's); with haaqi too after a comma (complex)",
      lossList,
    )
    .option("--mask-sum <weight>", "weight of the loss of the masks' sum (1)", number(0))
    .option("--sdr-mcoef <weight>", "weight of the SDR loss of waveforms, -1: none (-1)", anyNumber)
    .option("--haaqi-weight <weight>", "weight of the loss haaqi (1)", number(0))
    .option(
      "--haaqi-audiograms <list>",
      `who listens: some of ${audiogramNames.join(", ")}, or JSON files; or random (random)`,
    )
    .option("--haaqi-channels <n>", "stem-channels that are heard in every batch (4)", whole(1))
    .option("--haaqi-level <dB>", "level of the true stem, dB SPL (65)", decibels)

    .optionsGroup("Watching:")
    .option("--patience <n>", "epochs without improvement after which to stop (1000)", whole(1))
    .option("--batch-size-valid <n>", "(1)", whole(1))
    .option(
      "--valid-crop <seconds>",
      "validate on so much of each song's middle; default: all",
      number(0),
    )
    .option("--preview-every <epochs>", "pictures and sound for TensorBoard; 0: never", whole(0), 5)
    .option("--checkpoint-every <time>", "checkpoints within an epoch", duration, 600)
    .option("--threads <n>", "processor threads of the network", whole(1), availableParallelism())
    .option("--runtime <name>", "tensor runtime: auto, native or wasm", oneOf(runtimeNames), "auto")
    .option("--quiet", "no progress line");
}

function defaultWorkers(): number {
  return Math.min(4, availableParallelism());
}

async function runTrain(flags: TrainFlags): Promise<void> {
  if (flags.init !== undefined && flags.resume) {
    throw new ArgumentError(
      "--init starts a training and --resume goes on with one.",
      "Give one of them.",
    );
  }
  const signal = abortOnSignals();
  const { out } = flags;
  const saved = flags.resume ? await savedRecipe(out) : undefined;
  const settings = await trainingOf(flags, saved);
  const display = new TrainingDisplay(settings.recipe.epochs, flags.quiet ?? false);
  try {
    const outcome = await train({
      ...settings,
      out,
      name: flags.name ?? basename(resolve(out)),
      resume: flags.resume ?? false,
      previewEvery: flags.previewEvery,
      signal,
      onReport: (report) => display.show(report),
    });
    display.clear();
    const { reason, epochs, updates } = outcome;
    say(`${endings[reason]} (${epochs} epochs, ${updates} updates)`);
    if (reason === "aborted") process.exitCode = interruptedCode();
    if (reason === "diverged") process.exitCode = 1;
    printPath(out);
  } finally {
    display.clear();
  }
}

/**
 * The training that flags ask for.
 * @param saved the recipe of one that goes on
 */
export async function trainingOf(flags: TrainFlags, saved?: Recipe): Promise<TrialTraining> {
  const init = flags.init === undefined ? undefined : await loadModel(flags.init);
  const base = saved ?? startingRecipe(flags, init);
  const recipe = recipeOf(flags, base, await haaqiOf(flags, base.losses.haaqi));
  const { data, validData, sounds, cache, licence, timeLimit } = flags;
  return {
    recipe,
    data,
    cache,
    workers: flags.nbWorkers,
    threads: flags.threads,
    runtime: flags.runtime,
    skipStatistics: flags.debug ?? false,
    checkpointEvery: flags.checkpointEvery,
    ...(init && { init }),
    ...(validData && { validData }),
    ...(sounds && { sounds }),
    ...(licence && { licence }),
    ...(timeLimit !== undefined && { timeLimit }),
  };
}

const endings: Readonly<Record<EndReason, string>> = {
  epochs: "Trained.",
  patience: "Trained: the validation loss no longer improves.",
  "time-limit": "Stopped by the time limit; --resume goes on.",
  aborted: "Interrupted; --resume goes on.",
  diverged:
    "The loss is no longer a number: try a lower --lr, --clip, or --resume from the last checkpoint.",
};

function nameList(text: string): readonly string[] {
  return text.split(",").map((name) => name.trim());
}

function dilationList(text: string): readonly number[] {
  const dilations = text.split(",").map(Number);
  if (dilations.every((d) => Number.isInteger(d) && d >= 1)) return dilations;
  throw new InvalidArgumentError("Give whole numbers from 1, with commas between them.");
}

function augmentationList(text: string): readonly Augmentation[] {
  if (text === "none") return [];
  if (text === "all") return augmentations;
  try {
    return parseAugmentations(text.split(","));
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error;
    throw new InvalidArgumentError(`${error.message} ${error.hint}`);
  }
}
