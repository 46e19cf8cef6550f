/** The program `ffmpeg` at work: it writes a WAV stream, and its complaints are heard. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { resolve } from "node:path";
import type { Readable } from "node:stream";

/** What is decoded, and to what. */
export interface FfmpegJob {
  readonly path: string;
  /** Number of the audio stream within the file, from 0. */
  readonly stream: number;
  /** Convert to this rate, Hz, and so many channels; by default they are the file's own. */
  readonly sampleRate?: number | undefined;
  readonly channels?: number | undefined;
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
  /** The first error that was reported while decoding; before that, the last of all. */
  complaint: string | undefined;
  damaged = false;
  /** Length of the file as announced, seconds. */
  seconds: number | undefined;
  /** The codec's name, such as "aac". */
  codec: string | undefined;

  constructor(job: FfmpegJob) {
    // "file:" and an absolute path: no name is taken for an option or an address.
    const input = ["-protocol_whitelist", "file,pipe", "-i", `file:${resolve(job.path)}`];
    const rate = job.sampleRate === undefined ? [] : ["-ar", String(job.sampleRate)];
    const channels = job.channels === undefined ? [] : ["-ac", String(job.channels)];
    const output = ["-map", `0:a:${job.stream}`, ...rate, ...channels, "-c:a", "pcm_f32le"];
    const quiet = ["-hide_banner", "-nostdin", "-nostats", "-v", "level+info", "-xerror"];
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
    if (line.includes("Output #0")) this.#decoding = true;
    const [, error] = /\[(?:error|fatal|panic)\] (.*)/.exec(line) ?? [];
    if (error !== undefined && !this.damaged) {
      this.complaint = error;
      this.damaged = this.#decoding;
    }
    const [, hours, minutes, seconds] = /Duration: (\d+):(\d+):([\d.]+)/.exec(line) ?? [];
    if (seconds) this.seconds ??= Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
    this.codec ??= /Stream #\S+ -> #\S+ \((\S+)/.exec(line)?.[1];
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
