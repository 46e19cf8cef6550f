/** The run of `demix` as JSON, one event a line. */
import type { BatchEvent, DemixTask, Inspection, LeftOut } from "../demix/index.ts";
import { XumxError } from "../errors.ts";
import type { DownloadProgress } from "../models/index.ts";
import type { DemixReporter, RunEnd, RunStart } from "./demixReport.ts";
import { JSON_SCHEMA, printEvent } from "./jsonEvents.ts";
import { secondsLeft } from "./progressBar.ts";

/** Milliseconds between two reports of progress. */
const PACE = 250;

export class JsonReport implements DemixReporter {
  #tasks: readonly DemixTask[] = [];
  #start = 0;
  /** When progress was last told, by song. */
  readonly #told = new Map<string | number, number>();

  download(progress: DownloadProgress): void {
    if (progress.kind === "start") this.#model = progress.model;
    if (progress.kind === "retry") this.notice(`${progress.reason}; trying again`);
    if (progress.kind !== "progress" || !this.#isTime("download")) return;
    const { received, total } = progress;
    printEvent({ event: "download", model: this.#model, received, total });
  }

  #model = "";

  start({
    version,
    model,
    runtime,
    threads,
    jobs,
    settings,
    phase,
    level,
    shifts,
    gate,
    tasks,
  }: RunStart): void {
    this.#tasks = tasks;
    this.#start = performance.now();
    printEvent({
      event: "start",
      schema: JSON_SCHEMA,
      version,
      model: { name: model.name, licence: model.licence ?? null },
      runtime: runtime ? { name: runtime.name, version: runtime.version } : null,
      device: runtime?.device ?? null,
      threads,
      jobs,
      songs: tasks.length,
      settings: { ...settings, ...(phase && { phase }), ...(level && { level }), shifts, gate },
    });
  }

  notice(text: string, input?: string): void {
    printEvent({ event: "notice", input: input ?? null, text });
  }

  problem(input: string, error: Error): void {
    printEvent({ event: "song-failed", song: null, input, ...told(error) });
  }

  leftOut(songs: readonly LeftOut[]): void {
    for (const { input, reason } of songs) printEvent({ event: "left-out", input, reason });
  }

  inspection(inspection: Inspection): void {
    const { song, outputs } = this.#tasks[inspection.task];
    const place = { song: inspection.task + 1, input: song.name };
    const files = placesOf(outputs);
    if (inspection.kind === "skip") printEvent({ event: "song-skipped", ...place, files });
    else if (inspection.kind === "fail") {
      printEvent({ event: "song-failed", ...place, ...told(inspection.error) });
    } else {
      const { input, shape, format, frames = null, notices } = inspection;
      const { container, sampleFormat, sampleRate, channels } = input;
      printEvent({
        ...{ event: "inspection", ...place, files },
        source: { container, sampleFormat, sampleRate, channels },
        ...{ format: { ...format }, ...shape, frames, notices },
      });
    }
  }

  event(event: BatchEvent): void {
    const { song: source, track, outputs } = this.#tasks[event.task];
    const place = { song: event.task + 1, input: source.name };
    switch (event.kind) {
      case "started":
        printEvent({ event: "song-start", ...place, track });
        return;
      case "progress": {
        if (!this.#isTime(event.task)) return;
        const elapsed = (performance.now() - this.#start) / 1e3;
        printEvent({
          event: "progress",
          ...place,
          fraction: event.song.fraction ?? null,
          seconds: event.song.seconds,
          total: event.fraction,
          secondsLeft: secondsLeft(elapsed, event.fraction) ?? null,
        });
        return;
      }
      case "skipped": {
        printEvent({ event: "song-skipped", ...place, files: placesOf(outputs) });
        return;
      }
      case "failed":
        printEvent({ event: "song-failed", ...place, ...told(event.error) });
        return;
      case "done": {
        const { frames, sampleRate, channels, files, format, gain, notices, sourceNotices } =
          event.result;
        for (const text of notices) this.notice(text, source.name);
        printEvent({
          event: "song-done",
          ...place,
          files: files.map(({ name, path, peak, clamped }) => ({
            ...{ stem: name, path: path ?? null, frames, sampleRate, channels, peak, clamped },
          })),
          format: { ...format },
          gain,
          sourceNotices,
          duration: frames / sampleRate,
          seconds: event.seconds,
        });
        return;
      }
    }
  }

  end({ done, skipped, failed, interrupted, seconds, times, peakMemory }: RunEnd): void {
    printEvent({
      ...{ event: "summary", done, skipped, failed, interrupted, seconds, times, peakMemory },
    });
  }

  error(error: Error): void {
    printEvent({ event: "error", ...told(error) });
  }

  #isTime(of: string | number): boolean {
    const now = performance.now();
    if (now - (this.#told.get(of) ?? Number.NEGATIVE_INFINITY) < PACE) return false;
    this.#told.set(of, now);
    return true;
  }
}

function placesOf(outputs: DemixTask["outputs"]) {
  return outputs.map(({ name, path = null }) => ({ stem: name, path }));
}

function told(error: Error) {
  const known = error instanceof XumxError;
  return {
    code: known ? error.code : "internal",
    message: error.message,
    hint: (known && error.hint) || null,
  };
}
