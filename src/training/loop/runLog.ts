/** The log of a training for people: lines with a date, appended to a text file. */

import { appendFile, mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { syncFolder, unwritable } from "../../files/index.ts";
import type { Report } from "./report.ts";

export class RunLog implements AsyncDisposable {
  readonly path: string;
  #written = false;

  constructor(path: string) {
    this.path = path;
  }

  /** Appends a line. @throws FileError */
  async write(line: string, now = new Date()): Promise<void> {
    const time = now.toISOString().slice(0, 19).replace("T", " ");
    try {
      await mkdir(dirname(this.path), { recursive: true });
      await appendFile(this.path, `${time}  ${line}\n`);
      this.#written = true;
    } catch (cause) {
      throw unwritable(this.path, cause);
    }
  }

  /** Forces what was written to the disk. @throws FileError */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#written) return;
    try {
      const handle = await open(this.path, "a");
      try {
        await handle.sync();
      } finally {
        await handle.close();
      }
      await syncFolder(dirname(this.path));
    } catch (cause) {
      throw unwritable(this.path, cause);
    }
  }
}

/** A report in words; undefined for those that come too often to be kept. */
export function reportLine(report: Report): string | undefined {
  switch (report.kind) {
    case "problem":
      return `left out ${report.name}: ${report.error.message}`;
    case "started": {
      const { songs, validSongs, parameters, from, epoch, updates, runtime } = report;
      const since = from === "checkpoint" ? ` after ${epoch} epochs and ${updates} updates` : "";
      return (
        `start from ${from}${since}: ${songs} songs to train with, ${validSongs} to validate on, ` +
        `${(parameters / 1e6).toFixed(2)} million parameters, ${runtime} runtime`
      );
    }
    case "epoch": {
      const { epoch, trainLoss, validLoss, learningRate, seconds } = report.result;
      const { best } = report;
      const scores = Object.entries(report.sdr).map(([name, db]) => `${name} ${db.toFixed(2)}`);
      return (
        `epoch ${epoch}  train ${trainLoss.toFixed(6)}  valid ${validLoss.toFixed(6)}  ` +
        `best ${best.loss.toFixed(6)} of epoch ${best.epoch}  rate ${learningRate.toPrecision(3)}  ` +
        `${seconds.toFixed(1)} s${scores.length > 0 ? `  SDR ${scores.join(", ")} dB` : ""}`
      );
    }
    default:
      return undefined;
  }
}
