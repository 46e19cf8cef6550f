/** The program `ffmpeg` at work: it writes a WAV stream, and its complaints are heard. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { resolve } from "node:path";
import type { Readable } from "node:stream";
import { setImmediate } from "node:timers/promises";

/** What is decoded, and to what. */
export interface FfmpegJob {
  readonly path: string;
  /** Number of the audio stream within the file, from 0. */
  readonly stream: number;
  /** Convert to this rate, Hz, and so many channels; by default they are the file's own. */
  readonly sampleRate?: number | undefined;
  readonly channels?: number | undefined;
  /** Put silence where the file has a hole, by its time stamps. */
  readonly fillHoles?: boolean;
}

/** What was said while the file was decoded. */
export interface FfmpegComplaint {
  readonly text: string;
  /** Seconds of sound before it, with the silence that was put in. */
  readonly seconds: number;
}

/** A jump of the time stamps: there, sound is missing. */
export interface FfmpegJump {
  /** Seconds of sound before it, with the silence that was put in. */
  readonly seconds: number;
  /** Of what is missing, seconds. */
  readonly length: number;
}

/** "file:" and an absolute path: no name is taken for an option or an address. */
function inputOf(path: string): string[] {
  return ["-protocol_whitelist", "file,pipe", "-i", `file:${resolve(path)}`];
}

/** More are not kept. */
const MAX_COMPLAINTS = 10000;
/** Smaller jumps of time stamps are rounding, seconds. */
const LEAST_JUMP = 0.01;
/** Of a frame that has been decoded, as the filter `ashowinfo` says it: time, rate and length. */
const shown = /\bpts_time:(\S+) .*\brate:(\d+) nb_samples:(\d+)/;
/** What is said beyond this is not kept. */
const MAX_TEXT = 1 << 20;

/** Runs the program for what it says. */
export async function runFfmpeg(
  path: string,
  output: readonly string[],
  signal?: AbortSignal,
): Promise<{ readonly text: string; readonly end: FfmpegEnd }> {
  const args = ["-hide_banner", "-nostdin", "-nostats", ...inputOf(path), ...output];
  const child = spawn("ffmpeg", args, { stdio: ["ignore", "ignore", "pipe"], windowsHide: true });
  const stop = () => child.kill("SIGKILL");
  signal?.addEventListener("abort", stop, { once: true });
  let text = "";
  child.stderr.setEncoding("utf8").on("data", (more: string) => {
    if (text.length < MAX_TEXT) text += more;
  });
  const end = await new Promise<FfmpegEnd>((settle) => {
    child.once("error", settle).once("close", (code) => settle(code ?? -1));
  });
  signal?.removeEventListener("abort", stop);
  return { text, end };
}

/** How the program ended: with a code, or not even begun. */
export type FfmpegEnd = number | Error;

export class FfmpegProcess {
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #chunks: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array(0);
  #line = "";
  /** What is said before decoding begins is about the file; later errors are damage. */
  #decoding = false;
  /** Resolves when the program has ended and everything it wrote has been read or thrown away. */
  readonly ended: Promise<FfmpegEnd>;
  /** The last error that was reported before decoding and says what is wrong. */
  complaint: string | undefined;
  /** Errors that were reported while decoding; the caller may take them out. */
  readonly complaints: FfmpegComplaint[] = [];
  /** Jumps of the time stamps; the caller may take them out. */
  readonly jumps: FfmpegJump[] = [];
  readonly #fillHoles: boolean;
  /** Seconds of sound that have been decoded, with the silence that was put in. */
  decoded = 0;
  /** The longest frame, seconds. */
  longest = 0;
  /** Time stamp at which the next frame is due, seconds. */
  #due: number | undefined;
  /** Length of the file as announced, seconds. */
  seconds: number | undefined;
  /** The codec's name, such as "aac". */
  codec: string | undefined;

  constructor(job: FfmpegJob) {
    const input = inputOf(job.path);
    const rate = job.sampleRate === undefined ? [] : ["-ar", String(job.sampleRate)];
    const channels = job.channels === undefined ? [] : ["-ac", String(job.channels)];
    this.#fillHoles = job.fillHoles ?? false;
    // Every frame is said among the complaints, so that it is known where in the sound these belong.
    const filters = this.#fillHoles
      ? "ashowinfo,aresample=async=1:min_hard_comp=0.001"
      : "ashowinfo";
    const output = [
      "-map",
      `0:a:${job.stream}`,
      "-af",
      filters,
      ...rate,
      ...channels,
      "-c:a",
      "pcm_f32le",
    ];
    const quiet = ["-hide_banner", "-nostdin", "-nostats", "-v", "level+info"];
    const child = spawn("ffmpeg", [...quiet, ...input, ...output, "-f", "wav", "pipe:1"], {
      stdio: ["ignore", "pipe", "pipe"],
      windowsHide: true,
    });
    this.#child = child;
    this.#chunks = child.stdout[Symbol.asyncIterator]();
    child.stderr.setEncoding("utf8").on("data", (text: string) => this.#hear(text));
    this.ended = new Promise((settle) => {
      child.once("error", settle).once("close", (code) => settle(code ?? -1));
    });
  }

  /** The next `length` bytes of what it writes; fewer only at the end. */
  async read(length: number): Promise<Uint8Array> {
    while (this.#rest.length < length) {
      const chunk = await this.#next();
      if (!chunk) break;
      this.#rest = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    }
    const bytes = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return bytes;
  }

  /** What it has written since, or undefined at the end. */
  async chunk(): Promise<Uint8Array | undefined> {
    const rest = this.#rest;
    this.#rest = new Uint8Array(0);
    return rest.length > 0 ? rest : this.#next();
  }

  async #next(): Promise<Uint8Array | undefined> {
    // A turn of the event loop: else samples are read in long runs, and complaints are heard seconds of music too late.
    await setImmediate();
    const { value, done } = await this.#chunks.next();
    return done ? undefined : value;
  }

  #hear(text: string): void {
    const lines = (this.#line + text).split("\n");
    // A line without an end is of no use.
    this.#line = (lines.pop() ?? "").slice(0, 10000);
    for (const line of lines) this.#hearLine(line);
  }

  #hearLine(line: string): void {
    const [, time, rate, samples] = shown.exec(line) ?? [];
    if (samples !== undefined) {
      this.#follow(Number(time), Number(samples) / Number(rate));
      return;
    }
    if (line.includes("Output #0")) this.#decoding = true;
    const [, level, text = ""] = /\[(warning|error|fatal|panic)\] (.*)/.exec(line) ?? [];
    if (level !== undefined && (level !== "warning" || /corrupt/i.test(text))) {
      if (!this.#decoding) {
        // The last word is often the vaguest.
        if (!/: Invalid data found/.test(text)) this.complaint = text;
        else this.complaint ??= text;
      } else if (this.complaints.length < MAX_COMPLAINTS) {
        this.complaints.push({ text, seconds: this.decoded });
      }
    }
    const [, hours, minutes, seconds] = /Duration: (\d+):(\d+):([\d.]+)/.exec(line) ?? [];
    if (seconds) this.seconds ??= Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
    this.codec ??= /Stream #\S+ -> #\S+ \((\S+)/.exec(line)?.[1];
  }

  /** Hears of a frame; its time is NaN where the file tells none. */
  #follow(time: number, length: number): void {
    const jump = time - (this.#due ?? time);
    if (jump > LEAST_JUMP) {
      if (this.jumps.length < MAX_COMPLAINTS) {
        this.jumps.push({ seconds: this.decoded, length: jump });
      }
      if (this.#fillHoles) this.decoded += jump;
    }
    this.#due = Number.isNaN(time) ? undefined : time + length;
    this.decoded += length;
    this.longest = Math.max(this.longest, length);
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  /** Kills it and waits until it is gone. */
  async close(): Promise<void> {
    this.kill();
    this.#child.stdout.destroy();
    await this.ended;
  }
}
