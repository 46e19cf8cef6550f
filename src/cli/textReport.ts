/** The run of `demix` for people: a bar that moves on a terminal, and lines that stay. */
import { basename, dirname } from "node:path";
import type { BatchEvent, DemixTask, Inspection, LeftOut } from "../demix/index.ts";
import { XumxError } from "../errors.ts";
import type { DownloadProgress } from "../models/index.ts";
import type { DemixResult } from "../stems/index.ts";
import type { DemixReporter, RunEnd, RunStart } from "./demixReport.ts";
import { DownloadDisplay, shownSize } from "./downloadDisplay.ts";
import { ProgressBar, secondsLeft, shownTime } from "./progressBar.ts";
import { escaped, printPath, say, sayError } from "./terminal.ts";

/** Seconds between lines of progress where there is no terminal. */
const LINE_EVERY = 20;

export interface TextReportOptions {
  /** Only failures are told. */
  readonly quiet: boolean;
  readonly verbose: boolean;
  /** Whether stdout names the folders of finished songs. */
  readonly listFolders: boolean;
}

export class TextReport implements DemixReporter {
  readonly #options: TextReportOptions;
  #tasks: readonly DemixTask[] = [];
  #threads = 0;
  #start = 0;
  readonly #download = new DownloadDisplay();
  #bar: ProgressBar | undefined;
  #lined = 0;
  readonly #atWork = new Set<number>();
  readonly #failures: string[] = [];

  constructor(options: TextReportOptions) {
    this.#options = options;
  }

  download(progress: DownloadProgress): void {
    if (!this.#options.quiet) this.#download.show(progress);
  }

  start({ model, runtime, threads, phase, level, shifts, gate, tasks }: RunStart): void {
    this.#tasks = tasks;
    this.#threads = threads;
    this.#start = performance.now();
    this.#lined = this.#start;
    const licence = model.licence ?? "terms of use unknown";
    this.#say(`model: ${model.name} (${licence})`);
    if (!this.#options.verbose || !runtime || !phase) return;
    const { name, version, device } = runtime;
    this.#say(
      `runtime: ONNX Runtime ${version}, ${name}, ${device}; threads: ${threads}; phase: ${phase.method}; level: ${level}; shifts: ${shifts}; gate: ${gate ? "on" : "off"}`,
    );
  }

  notice(text: string, input?: string): void {
    this.#say(`note: ${input === undefined ? "" : `${basename(input)}: `}${text}`);
  }

  problem(input: string, error: Error): void {
    this.#failures.push(named(input, error));
    this.#fail(error);
  }

  leftOut(songs: readonly LeftOut[]): void {
    if (songs.length === 0) return;
    const [{ input, reason }] = songs;
    const which = songs.length === 1 ? input : `${songs.length} files, such as ${input}`;
    this.notice(`${which}: left alone, ${reason}`);
  }

  inspection(inspection: Inspection): void {
    const { song, outputs } = this.#tasks[inspection.task];
    const name = this.#place(inspection.task) + song.name;
    if (inspection.kind === "skip") {
      this.#say(`${name}: all files are there already, would be skipped`);
    } else if (inspection.kind === "fail") {
      this.#failures.push(named(song.name, inspection.error));
      this.#fail(inspection.error);
    } else {
      const { input, shape, format, frames, notices } = inspection;
      const length = frames === undefined ? "" : `, ${shownTime(frames / shape.sampleRate)}`;
      const as = "encoding" in format ? format.encoding : `${format.bitrate} kbit/s`;
      this.#say(
        `${name}: ${input.container}, ${input.sampleFormat}, ${input.sampleRate} Hz, ` +
          `${input.channels} channels${length} → ${format.container}, ${as}, ${shape.channels} channels`,
      );
      for (const text of notices) this.notice(text);
      for (const { path } of outputs) if (path !== undefined) printPath(path);
    }
  }

  event(event: BatchEvent): void {
    const { song, outputs } = this.#tasks[event.task];
    const name = this.#place(event.task) + basename(song.name);
    switch (event.kind) {
      case "started":
        this.#atWork.add(event.task);
        if (!this.#options.quiet) this.#bar ??= new ProgressBar(name);
        return;
      case "progress":
        this.#progress(event.fraction, event.song.seconds, event.song.fraction);
        return;
      case "skipped":
        this.#say(`${name}: all files are there already, skipped`);
        return;
      case "failed":
        this.#failures.push(named(song.name, event.error));
        this.#atWork.delete(event.task);
        this.#fail(event.error);
        return;
      case "done": {
        this.#atWork.delete(event.task);
        const { result, seconds } = event;
        for (const text of result.notices) this.notice(text);
        this.#sayLevels(name, result);
        const length = result.frames / result.sampleRate;
        this.#say(
          `${name}: ${length.toFixed(1)} s of music in ${seconds.toFixed(1)} s, ${(length / seconds).toFixed(1)} × real time`,
        );
        if (this.#options.quiet || !this.#options.listFolders) return;
        const folders = new Set(outputs.flatMap(({ path }) => (path ? [dirname(path)] : [])));
        for (const folder of folders) printPath(folder);
      }
    }
  }

  end({ done, skipped, failed, interrupted, seconds, times, peakMemory }: RunEnd): void {
    this.#bar?.clear();
    this.#bar = undefined;
    if (this.#options.verbose) {
      const all = Object.values(times).reduce((a, b) => a + b, 0);
      const shares = Object.entries(times).map(
        ([step, time]) => `${step} ${((100 * time) / (all || 1)).toFixed(0)} %`,
      );
      this.#say(
        `work: ${shares.join(", ")}; ${seconds.toFixed(1)} s on ${this.#threads} threads; most memory ${shownSize(peakMemory)}`,
      );
    }
    if (this.#tasks.length < 2 && this.#failures.length < 2) return;
    const rest = interrupted ? this.#tasks.length - done - skipped - failed : 0;
    const parts = [
      `${done} separated`,
      ...(skipped > 0 ? [`${skipped} skipped`] : []),
      ...(rest > 0 ? [`${rest} not done`] : []),
      `${this.#failures.length} failed`,
    ];
    this.#say(`${parts.join(", ")}, in ${shownTime(seconds)}`);
    // Also when quiet: what failed may have scrolled away.
    for (const failure of this.#failures) say(`  ${escaped(failure)}`);
  }

  error(): void {
    // The program's end says it.
    this.#download.clear();
    this.#bar?.clear();
    this.#bar = undefined;
  }

  #progress(total: number, seconds: number, fraction: number | undefined): void {
    if (this.#options.quiet) return;
    const names = [...this.#atWork].map((task) => basename(this.#tasks[task].song.name)).join(", ");
    const known = fraction !== undefined || this.#tasks.length > 1;
    const label = `${this.#place(...this.#atWork)}${names}${known ? "" : ` ${shownTime(seconds)} done`}`;
    this.#bar?.update(total, label);
    const now = performance.now();
    if (process.stderr.isTTY || now - this.#lined < LINE_EVERY * 1e3) return;
    this.#lined = now;
    const left = secondsLeft((now - this.#start) / 1e3, total);
    const time = left === undefined ? "" : `, ${shownTime(left)} left`;
    say(escaped(`${label}: ${known ? `${Math.floor(total * 100)} %${time}` : "…"}`));
  }

  #sayLevels(name: string, { gain, files }: DemixResult): void {
    if (gain < 1) {
      const quieter = (-20 * Math.log10(gain)).toFixed(1);
      this.#say(`${name}: all files made ${quieter} dB quieter, to stay within full scale`);
    }
    const cut = files.filter(({ clamped }) => clamped > 0);
    if (cut.length > 0) {
      const list = cut.map(({ name, clamped }) => `${clamped} in ${name}`).join(", ");
      this.#say(`${name}: samples cut off at full scale: ${list}`);
    }
  }

  /** "[3/12] " in a batch. */
  #place(...tasks: readonly number[]): string {
    const all = this.#tasks.length;
    return all > 1 ? `[${tasks.map((task) => task + 1).join(",")}/${all}] ` : "";
  }

  #fail(error: Error): void {
    this.#bar?.clear();
    sayError(error);
    if (!(error instanceof XumxError) && this.#options.verbose) say(`${error.stack}`);
  }

  #say(line: string): void {
    if (this.#options.quiet) return;
    this.#bar?.clear();
    say(escaped(line));
  }
}

/** The message, with the song's name if that is not in it. */
function named(input: string, { message }: Error): string {
  return message.includes(input) ? message : `${input}: ${message}`;
}
