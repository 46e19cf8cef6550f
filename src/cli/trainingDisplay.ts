/** What a training shows on the terminal: a line that moves, and lines that stay. */
import type { Report } from "../training/loop/index.ts";
import { escaped } from "./terminal.ts";

const WIDTH = 20;
/** Redraws per second at most. */
const RATE = 5;
/** Batches that the shown speed looks back on. */
const MEMORY = 20;

export class TrainingDisplay {
  readonly #stream: NodeJS.WriteStream;
  readonly #epochs: number;
  readonly #quiet: boolean;
  #drawn = Number.NEGATIVE_INFINITY;
  #speed: number | undefined;

  constructor(epochs: number, quiet: boolean, stream: NodeJS.WriteStream = process.stderr) {
    this.#stream = stream;
    this.#epochs = epochs;
    this.#quiet = quiet;
  }

  show(report: Report): void {
    switch (report.kind) {
      case "decoded":
        this.#move(`decoding ${report.done}/${report.total}  ${report.name}`);
        break;
      case "problem":
        this.#stay(`left out ${report.name}: ${report.error.message}`);
        break;
      case "statistics":
        this.#move("taking the input statistics …", true);
        break;
      case "started": {
        const { songs, validSongs, parameters, from, epoch, updates, notice } = report;
        const since = from === "checkpoint" ? ` (${epoch} epochs, ${updates} updates)` : "";
        if (notice) this.#stay(`note: ${notice}`);
        this.#stay(
          `${songs} songs to train with, ${validSongs} to validate on; ` +
            `${(parameters / 1e6).toFixed(1)} million parameters, from ${from}${since}`,
        );
        break;
      }
      case "update": {
        const { epoch, batch, batches, loss, learningRate, speed } = report;
        // A running mean: single batches come at an uneven pace.
        const before = this.#speed ?? speed;
        this.#speed = before + (speed - before) / MEMORY;
        const done = Math.round((batch / batches) * WIDTH);
        const bar = "█".repeat(done) + "░".repeat(WIDTH - done);
        this.#move(
          `epoch ${epoch}/${this.#epochs}  ${bar} ${batch}/${batches}  loss ${loss.toFixed(5)}  ` +
            `rate ${learningRate.toPrecision(2)}  ${this.#speed.toFixed(1)} s of audio a second`,
        );
        break;
      }
      case "validating":
        this.#move(`validating ${report.done}/${report.total}`);
        break;
      case "epoch": {
        const { epoch, trainLoss, validLoss, seconds } = report.result;
        const { best, sdr } = report;
        const scores = Object.entries(sdr).map(([name, db]) => `${name} ${db.toFixed(2)}`);
        const mark = best.epoch === epoch ? " (best)" : "";
        this.#stay(
          `epoch ${epoch}: train ${trainLoss.toFixed(5)}, valid ${validLoss.toFixed(5)}${mark}, ` +
            `${seconds.toFixed(0)} s${scores.length > 0 ? `; SDR ${scores.join(", ")}` : ""}`,
        );
        break;
      }
      case "checkpoint":
        break;
    }
  }

  /** Takes the moving line away. */
  clear(): void {
    if (this.#stream.isTTY) this.#stream.write("\r\x1b[K");
  }

  #move(text: string, now = false): void {
    const time = performance.now();
    if (!this.#stream.isTTY || this.#quiet) return;
    if (!now && time - this.#drawn < 1000 / RATE) return;
    this.#drawn = time;
    this.#stream.write(`\r\x1b[K${escaped(text).slice(0, (this.#stream.columns ?? 80) - 1)}`);
  }

  #stay(text: string): void {
    this.clear();
    this.#stream.write(`${escaped(text)}\n`);
  }
}
