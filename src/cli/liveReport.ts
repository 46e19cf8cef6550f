/** What `live` tells on stderr while it runs: stdout is for the sound. */
import type { LiveSeparator } from "../live/index.ts";
import { safeJson, say, sayOver } from "./terminal.ts";

/** How it tells: a line that is written over (on a terminal), lines of JSON, or not at all. */
export type LiveReportStyle = "line" | "json" | "none";

/** Milliseconds between two reports. */
const PACE = 1000;

export class LiveReport {
  readonly #live: LiveSeparator;
  readonly #style: LiveReportStyle;
  #last = performance.now();
  #open = false;

  constructor(live: LiveSeparator, style: LiveReportStyle) {
    this.#live = live;
    this.#style = style;
    const { modelName, sampleRate, channels, latency, latencySeconds, runtime, licence } = live;
    const { notice, ...used } = runtime;
    if (style === "json") {
      const facts = { event: "start", model: modelName, licence: licence ?? null, sampleRate };
      const also = { channels, latency, latencySeconds, runtime: used };
      say(safeJson({ ...facts, ...also }));
    } else if (style === "line") {
      const ms = (1e3 * latencySeconds).toFixed(1);
      say(`${modelName}, ${sampleRate} Hz: the output is ${latency} samples (${ms} ms) late`);
      if (notice) say(notice);
    }
  }

  /** To be called now and then. */
  tick(): void {
    const now = performance.now();
    if (now - this.#last < PACE) return;
    this.#last = now;
    this.#tell("status");
  }

  /** The last report. */
  end(): void {
    this.#tell("end");
    if (this.#open) sayOver("");
  }

  #tell(event: "status" | "end"): void {
    const { samples, load, slowest, overruns } = this.#live.status();
    const seconds = samples / this.#live.sampleRate;
    if (this.#style === "json") {
      say(safeJson({ event, seconds, load, slowest, overruns }));
    } else if (this.#style === "line" && (process.stderr.isTTY || event === "end")) {
      const percent = (100 * load).toFixed(0);
      const worst = (1e3 * slowest).toFixed(0);
      const text = `${seconds.toFixed(0)} s, ${percent} % of a core, at most ${worst} ms, ${overruns} too late`;
      if (process.stderr.isTTY) sayOver(text);
      else say(text);
      this.#open = process.stderr.isTTY;
    }
  }
}
