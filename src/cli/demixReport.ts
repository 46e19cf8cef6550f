/** What a run of `demix` tells while it works: said in text by one reporter, in JSON by another. */
import type { BatchEvent, BatchSummary, DemixSettings, DemixTask } from "../demix/index.ts";
import type { DownloadProgress } from "../models/index.ts";
import type { PhaseSettings } from "../phase/index.ts";
import type { RuntimeReport } from "../separation/index.ts";

/** What is known when work begins. */
export interface RunStart {
  readonly version: string;
  readonly model: { readonly name: string; readonly licence: string | undefined };
  readonly runtime: RuntimeReport;
  readonly threads: number;
  readonly jobs: number;
  readonly settings: DemixSettings;
  readonly phase: PhaseSettings;
  readonly tasks: readonly DemixTask[];
}

/** What is known when it has ended. */
export interface RunEnd extends BatchSummary {
  readonly interrupted: boolean;
  readonly seconds: number;
  /** Seconds of all threads, by step. */
  readonly times: Readonly<Record<string, number>>;
  /** Bytes. */
  readonly peakMemory: number;
}

export interface DemixReporter {
  download(progress: DownloadProgress): void;
  start(run: RunStart): void;
  /** Something of a song, or of everything, worth knowing. */
  notice(text: string, input?: string): void;
  /** An input that led to no song. */
  problem(input: string, error: Error): void;
  event(event: BatchEvent): void;
  end(run: RunEnd): void;
  /** The work could not begin, or broke off for another reason than a signal. */
  error(error: Error): void;
}
