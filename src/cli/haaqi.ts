/** `xumx-slicq haaqi`: how good one file is beside another, for ears with a hearing loss. */
import type { Command } from "commander";
import { openAudio, readSamples } from "../audio/index.ts";
import { DataError } from "../errors.ts";
import {
  describeHearing,
  type HaaqiScore,
  HearingScorer,
  meanOfEars,
} from "../evaluation/index.ts";
import { abortOnSignals } from "./abort.ts";
import { addHearingOptions, type HearingFlags, hearingSettings } from "./hearingFlags.ts";
import { print, printJson } from "./terminal.ts";

interface HaaqiFlags extends HearingFlags {
  readonly aid?: true;
  readonly json?: true;
}

/** Adds the command to the program. */
export function addHaaqiCommand(program: Command): void {
  const command = program
    .command("haaqi")
    .description(
      "HAAQI: the audio quality that a listener with hearing aids gets, 0 to about 1, by channel",
    )
    .argument("<reference>", "audio file as it should be")
    .argument("<estimate>", "audio file to be scored, at the same rate")
    .option("--aid", "amplify the estimate for the listener first (NAL-R), as a hearing aid would")
    .option("--json", "print the scores and their parts as JSON");
  addHearingOptions(command).action(runHaaqi);
}

interface Sound {
  readonly channels: readonly [Float32Array, Float32Array];
  readonly mono: boolean;
  readonly sampleRate: number;
}

async function read(path: string, signal: AbortSignal): Promise<Sound> {
  const source = await openAudio(path, signal);
  const { sampleRate } = source.format;
  const found = await readSamples(source, signal);
  const [left, right = left] = found;
  if (left === undefined || found.length > 2) {
    throw new DataError(
      `${path} has ${found.length} channels.`,
      "HAAQI listens with one ear or with two: give mono or stereo.",
    );
  }
  return { channels: [left, right], mono: found.length === 1, sampleRate };
}

async function runHaaqi(
  referencePath: string,
  estimatePath: string,
  flags: HaaqiFlags,
): Promise<void> {
  const signal = abortOnSignals();
  const settings = await hearingSettings(flags);
  const reference = await read(referencePath, signal);
  const estimate = await read(estimatePath, signal);
  if (reference.sampleRate !== estimate.sampleRate || reference.mono !== estimate.mono) {
    throw new DataError(
      `${referencePath} has ${shape(reference)}, ${estimatePath} ${shape(estimate)}.`,
      "Bring both to one rate and number of channels.",
    );
  }
  const scorer = new HearingScorer(settings);
  const gain = flags.aid ? "aid" : "as it is";
  const both = await scorer.score(
    reference.channels,
    estimate.channels,
    reference.sampleRate,
    gain,
    signal,
  );
  const scores = reference.mono ? [both[0]] : both;
  const names = reference.mono ? ["mono"] : ["left", "right"];
  const mean = meanOfEars(scores);
  if (flags.json) {
    const { name, ears, level, noise } = settings;
    const report = {
      haaqi: Number.isFinite(mean) ? mean : null,
      channels: Object.fromEntries(names.map((channel, c) => [channel, jsonScore(scores[c])])),
      settings: { audiogram: name, ears, level, rate: 24000, noise, aid: flags.aid === true },
      sampleRate: reference.sampleRate,
    };
    printJson(report, 2);
    return;
  }
  const lines = names.map((channel, c) => `${channel.padEnd(6)} ${textScore(scores[c])}\n`);
  if (scores.length > 1) {
    lines.push(`${"mean".padEnd(6)} ${Number.isFinite(mean) ? mean.toFixed(4) : "–"}\n`);
  }
  const aided = flags.aid ? "NAL-R for the estimate" : "estimate as it is";
  print(`${lines.join("")}HAAQI v1: ${describeHearing(settings)}, ${aided}\n`);
}

function shape({ mono, sampleRate }: Sound): string {
  return `${mono ? "one channel" : "two channels"} at ${sampleRate} Hz`;
}

function jsonScore(score: HaaqiScore | "silent reference") {
  return score === "silent reference" ? { haaqi: null, reason: score } : score;
}

function textScore(score: HaaqiScore | "silent reference"): string {
  if (score === "silent reference") return "–       the reference is silent: no score is defined";
  const { haaqi, modulation, synchrony, loudness, spectrum } = score;
  const part = (name: string, value: number) => `${name} ${value.toFixed(3)}`;
  const parts = [
    part("modulation", modulation),
    part("fine structure", synchrony),
    part("loudness", loudness),
    part("spectrum", spectrum),
  ];
  return `${haaqi.toFixed(4)}  ${parts.join(", ")}`;
}
