/** `xumx-slicq live`: a signal that comes through standard input, its stems or their mix to standard output. */
import type { Command } from "commander";
import { untilAborted } from "../abort.ts";
import { WavEncoder, type WavEncoding } from "../audio/encoders/wavEncoder.ts";
import type { PcmFormat } from "../audio/pcm.ts";
import { checkStereo, type PcmPipe, type PipeFormat, readPcmPipe } from "../audio/pcmPipe.ts";
import { ArgumentError } from "../errors.ts";
import { type LiveBlock, type LiveSeparator, openLive, type StemGains } from "../live/index.ts";
import { type Target, targets } from "../networks/index.ts";
import type { RuntimePreference } from "../runtime/index.ts";
import type { LevelSetting } from "../separation/index.ts";
import { abortOnSignals } from "./abort.ts";
import { LiveReport } from "./liveReport.ts";
import { isGone, standardOutput } from "./terminal.ts";
import { listOf, oneOf, stemGains, whole } from "./values.ts";

/** What samples are called here, as sox and ffmpeg call them. */
const formats = { s16: "int16", s24: "int24", f32: "float32" } as const satisfies Record<
  string,
  PcmFormat & WavEncoding
>;
type FormatName = keyof typeof formats;

interface LiveFlags {
  readonly model: string;
  readonly rate: number;
  readonly channels: 1 | 2;
  readonly format: FormatName;
  readonly stems?: readonly Target[];
  readonly split?: true;
  readonly gain?: StemGains;
  readonly level: LevelSetting;
  readonly runtime: RuntimePreference;
  readonly quiet?: true;
  readonly json?: true;
}

const examples = `
Examples:
  sox song.flac -t wav - | xumx-slicq live --gain vocals=0 | play -t wav -
  pw-record --rate 48000 --format f32 - | xumx-slicq live --rate 48000 --format f32 --stems drums | pw-play --rate 48000 --format f32 -
`;

/** Adds the command to the program. */
export function addLiveCommand(program: Command): void {
  const names = Object.keys(formats).filter((name): name is FormatName => name in formats);
  program
    .command("live")
    .description("separate a signal as it comes: raw PCM or WAV through stdin to stdout")
    .option("--model <name>", "name or path of a model without Wiener-EM", "xumx-slicq-live")
    .option("--rate <hz>", "of raw samples", whole(1000, 768000), 44100)
    .option("--channels <n>", "of raw samples, 1 or 2", oneOrTwo, 2)
    .option("--format <name>", "of raw samples: s16, s24 or f32", oneOf(names), "s16" as const)
    .option("--stems <list>", "stems in the mix (all)", listOf(targets))
    .option("--split", "no mix: the channels of the stems side by side")
    .option("--gain <list>", "factors of stems in the mix: vocals=0,drums=1.5", stemGains)
    .option(
      "--level <setting>",
      "level that the network is shown: trained, or as-is",
      oneOf(["trained", "as-is"] as const),
      "trained" as const,
    )
    .option(
      "--runtime <name>",
      "tensor runtime: auto, native or wasm",
      oneOf(["auto", "native", "wasm"] as const),
      "auto" as const,
    )
    .option("--quiet", "no status line")
    .option("--json", "the status as lines of JSON on stderr")
    .addHelpText("after", examples)
    .action(live);
}

function oneOrTwo(text: string): 1 | 2 {
  return whole(1, 2)(text) === 1 ? 1 : 2;
}

async function live(flags: LiveFlags): Promise<void> {
  const { model, rate, channels, format, level, runtime } = flags;
  if (process.stdin.isTTY) {
    throw new ArgumentError(
      "Nothing is piped in.",
      "Pipe a recording program into it; see `xumx-slicq live --help`.",
    );
  }
  if (flags.split && flags.gain) {
    throw new ArgumentError("--gain is of the mix, and --split makes none.", "Leave out either.");
  }
  const signal = abortOnSignals();
  const raw: PipeFormat = { sampleRate: rate, channels, sampleFormat: formats[format] };
  const name = "standard input";
  const pipe = await readPcmPipe(untilAborted(bytesOf(process.stdin), signal), raw, name);
  await using live = await openLive({
    ...{ model, level, runtime, loading: { signal } },
    sampleRate: pipe.sampleRate,
    channels: checkStereo(pipe, name),
    gains: gainsOf(flags),
  });
  const report = new LiveReport(live, flags.json ? "json" : flags.quiet ? "none" : "line");
  try {
    await pump(live, pipe, flags, signal, report);
  } finally {
    report.end();
  }
}

/** Bytes of a stream of Node, which gives buffers unless told otherwise. */
async function* bytesOf(stream: AsyncIterable<Buffer | string>): AsyncGenerator<Uint8Array> {
  for await (const chunk of stream) yield typeof chunk === "string" ? Buffer.from(chunk) : chunk;
}

/** Gains that leave out the stems that are not asked for. */
function gainsOf({ stems, gain, split }: LiveFlags): StemGains {
  if (split || !stems) return gain ?? {};
  const silent = targets.filter((target) => !stems.includes(target));
  return { ...gain, ...Object.fromEntries(silent.map((target) => [target, 0])) };
}

/** From standard input to standard output, until either ends. */
async function pump(
  live: LiveSeparator,
  pipe: PcmPipe,
  flags: LiveFlags,
  signal: AbortSignal,
  report: LiveReport,
): Promise<void> {
  const chosen = flags.split ? (flags.stems ?? targets) : [];
  const rowsOf = ({ stems, mix }: LiveBlock) =>
    flags.split ? chosen.flatMap((target) => stems[target]) : mix;
  const channels = live.channels * Math.max(1, chosen.length);
  const encoder = new WavEncoder(
    { sampleRate: live.sampleRate, channels },
    encodingOf(pipe, flags),
  );
  const output = standardOutput().getWriter();
  try {
    if (pipe.container === "wav") await output.write(encoder.head);
    for await (const block of live.stream(pipe.blocks(), { signal })) {
      await output.write(encoder.encode(rowsOf(block)));
      report.tick();
    }
  } catch (error) {
    // Whoever listened has gone: that is the end.
    if (!isGone(error)) throw error;
  }
}

/** Samples go out as they came in; formats that are not written become float32. */
function encodingOf({ container, sampleFormat }: PcmPipe, { format }: LiveFlags): WavEncoding {
  if (container === "raw") return formats[format];
  return sampleFormat === "int16" || sampleFormat === "int24" ? sampleFormat : "float32";
}
