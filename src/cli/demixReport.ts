/** What a run of `demix` tells while it works: said in text by one reporter, in JSON by another. */
import type { BatchEvent, BatchSummary, DemixTask, Inspection, LeftOut } from "../demix/index.ts";
import type { DownloadProgress } from "../models/index.ts";
import type { AnyPhase } from "../phase/index.ts";
import type { LevelSetting, RuntimeReport } from "../separation/index.ts";
import type { DemixSettings } from "../stems/index.ts";

/** What is known when work begins. */
export interface RunStart {
  readonly version: string;
  readonly model: { readonly name: string; readonly licence: string | undefined };
  /** Undefined where there is nothing to separate, or nothing but to tell what would be: no model is loaded then. */
  readonly runtime: RuntimeReport | undefined;
  readonly threads: number;
  readonly jobs: number;
  readonly settings: DemixSettings;
  /** Undefined as `runtime`. */
  readonly phase: AnyPhase | undefined;
  readonly level: LevelSetting | undefined;
  readonly shifts: number;
  /** Undefined as `runtime`. */
  readonly gate: boolean | undefined;
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
  /** Songs that are no songs but outputs of earlier runs, and the like. */
  leftOut(songs: readonly LeftOut[]): void;
  /** What would become of a song. */
  inspection(inspection: Inspection): void;
  event(event: BatchEvent): void;
  end(run: RunEnd): void;
  /** The work could not begin, or broke off for another reason than a signal. */
  error(error: Error): void;
}
