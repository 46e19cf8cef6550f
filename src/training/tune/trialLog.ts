/** What is known of a search's trials: a file of JSON lines that only grows, from which an interrupted search goes on. */
import { appendFile, readFile } from "node:fs/promises";
import { ArgumentError, FileError } from "../../errors.ts";
import { systemCode, unwritable, writeAtomically } from "../../files/index.ts";

/** An epoch of a trial. */
export interface TrialEpoch {
  readonly kind: "epoch";
  readonly trial: number;
  /** 1, 2, …. */
  readonly epoch: number;
  readonly trainLoss: number;
  readonly validLoss: number;
  /** Mean over the stems of the signal-to-distortion ratio of validation clips, dB, if they were scored. */
  readonly sdr?: number;
  readonly seconds: number;
  /** Trained numbers of the network. */
  readonly parameters: number;
}

/** Why a trial ended before its time. */
export interface TrialEnd {
  readonly kind: "end";
  readonly trial: number;
  /** "failed": it has no score. "patience": its last score stays. */
  readonly how: "failed" | "patience";
  readonly why: string;
}

export type TrialLine = TrialEpoch | TrialEnd;

/** Everything that is known of one trial. */
export interface TrialHistory {
  readonly epochs: readonly TrialEpoch[];
  readonly end: TrialEnd | undefined;
}

export class TrialLog {
  readonly #path: string;
  readonly #trials = new Map<number, { epochs: TrialEpoch[]; end: TrialEnd | undefined }>();

  private constructor(path: string) {
    this.#path = path;
  }

  /**
   * Opens the log of a search, and makes it where it is missing.
   * @param search what makes the search the same: plain data
   * @throws {ArgumentError} if the file belongs to another search; {@link FileError}.
   */
  static async open(path: string, search: unknown): Promise<TrialLog> {
    const log = new TrialLog(path);
    const head = JSON.stringify({ search });
    const text = await readText(path);
    if (text === undefined) {
      await writeAtomically(path, new TextEncoder().encode(`${head}\n`));
      return log;
    }
    const [first, ...lines] = text.split("\n");
    if (first !== head) {
      throw new ArgumentError(
        `${path} belongs to another search: its settings, songs or trials differ.`,
        "Choose another folder, or repeat the settings of that search.",
      );
    }
    for (const line of lines) {
      const known = parseLine(line);
      if (known) log.#take(known);
    }
    // What was cut off must not run into the next line.
    if (!text.endsWith("\n")) await log.#append("");
    return log;
  }

  /** What is known of a trial. */
  of(trial: number): TrialHistory {
    return this.#trials.get(trial) ?? { epochs: [], end: undefined };
  }

  /** @throws {FileError} */
  async write(line: TrialLine): Promise<void> {
    this.#take(line);
    await this.#append(JSON.stringify(line));
  }

  #take(line: TrialLine): void {
    const known = this.#trials.get(line.trial) ?? { epochs: [], end: undefined };
    this.#trials.set(line.trial, known);
    if (line.kind === "end") known.end = line;
    else {
      // An epoch that was told, but not saved, is trained again.
      known.epochs = [...known.epochs.filter(({ epoch }) => epoch < line.epoch), line];
    }
  }

  async #append(line: string): Promise<void> {
    try {
      await appendFile(this.#path, `${line}\n`);
    } catch (cause) {
      throw unwritable(this.#path, cause);
    }
  }
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    if (systemCode(cause) === "ENOENT") return undefined;
    throw new FileError("unreadable", `${path} cannot be read.`, undefined, { cause });
  }
}

/** A line; undefined for one that was cut off. */
function parseLine(text: string): TrialLine | undefined {
  try {
    const line: TrialLine | null = JSON.parse(text);
    return typeof line?.trial === "number" ? line : undefined;
  } catch {
    return undefined;
  }
}
