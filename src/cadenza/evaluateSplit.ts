/** Scores the enhanced signals of a split; pairs that are scored already are read from the file beside the scores. */
import { appendFile, mkdir, readFile, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { AudioError, XumxError } from "../errors.ts";
import { writeAtomically } from "../files/index.ts";
import { segmentsOf } from "./enhanceSplit.ts";
import { type CadenzaSplit, type Choice, openChallenge, pairsOf } from "./metadata.ts";
import { scorePairs } from "./pairPool.ts";
import type { PairJob } from "./pairService.ts";
import type { ScoringSettings } from "./scorePair.ts";
import { meanScore, type PairScore, scoresCsv } from "./scoresCsv.ts";
import { signalsFolder } from "./submission.ts";

/** What is scored, how, and where the scores go. */
export interface EvaluateOptions extends Choice {
  readonly root: string;
  readonly split: CadenzaSplit;
  /** The output folder of {@link enhanceSplit}. */
  readonly enhanced: string;
  /** The file of scores. */
  readonly out: string;
  /** "song" by default. */
  readonly noise?: ScoringSettings["noise"];
  /** Cut references to the test split's objective segments, as the enhanced signals are; else they are whole songs. */
  readonly segments?: boolean;
  /** Every n-th pair of song and listener; 1 by default. */
  readonly every?: number;
  /** Pairs worked on at once; 1 by default. */
  readonly jobs?: number;
  readonly signal?: AbortSignal;
}

/** What happened to a song for a listener. */
export interface EvaluateEvent {
  readonly kind: "scored" | "skipped" | "failed";
  readonly song: string;
  readonly listener: string;
  /** Mean of the eight stems; of a failure NaN. */
  readonly score: number;
  readonly warnings: readonly string[];
  readonly error?: XumxError;
  readonly done: number;
  readonly total: number;
}

/**
 * Scores all pairs and writes the file when the last one is done, in the order of pairs. Failed pairs are left out.
 * @throws XumxError for metadata and outputs that cannot be used; AbortError.
 */
export async function* evaluateSplit(options: EvaluateOptions): AsyncGenerator<EvaluateEvent> {
  const { root, split, enhanced, out, noise = "song", every = 1, jobs = 1, signal } = options;
  const challenge = await openChallenge(root, split, options);
  const pairs = pairsOf(challenge, every);
  const settings = { root, signals: signalsFolder(enhanced, split), noise };
  const log = `${out}.part.jsonl`;
  const label = JSON.stringify({ ...settings, segments: options.segments === true });
  const scored = await readLog(log, label);
  let done = 0;
  const left: PairJob[] = [];
  for (const pair of pairs) {
    const score = scored.get(keyOf(pair.song.name, pair.listener.name));
    const segments = options.segments ? segmentsOf(challenge.segments, pair.song) : undefined;
    if (!score) left.push({ ...pair, ...(segments && { segment: segments.objective }) });
    else {
      const event = { song: pair.song.name, listener: pair.listener.name, total: pairs.length };
      yield { kind: "skipped", ...event, score: meanScore(score), warnings: [], done: ++done };
    }
  }
  if (scored.size === 0) await append(log, `${label}\n`);
  let failed = false;
  for await (const { job, outcome } of scorePairs(settings, left, jobs, signal)) {
    const event = { song: job.song.name, listener: job.listener.name, total: pairs.length };
    if (outcome instanceof XumxError) {
      failed = true;
      const nothing = { score: Number.NaN, warnings: [] };
      yield { kind: "failed", ...event, ...nothing, error: outcome, done: ++done };
      continue;
    }
    const { score, warnings } = outcome;
    scored.set(keyOf(score.song, score.listener), score);
    await append(log, `${JSON.stringify(score)}\n`);
    yield { kind: "scored", ...event, score: meanScore(score), warnings, done: ++done };
  }
  const rows = pairs.flatMap(
    ({ song, listener }) => scored.get(keyOf(song.name, listener.name)) ?? [],
  );
  await writeAtomically(out, scoresCsv(rows));
  if (!failed) await rm(log, { force: true });
}

function keyOf(song: string, listener: string): string {
  return JSON.stringify([song, listener]);
}

/** What an interrupted run with the same settings has scored. */
async function readLog(path: string, label: string): Promise<Map<string, PairScore>> {
  const [first, ...lines] = (await readFile(path, "utf8").catch(() => "")).split("\n");
  const scored = new Map<string, PairScore>();
  if (first !== label) {
    await rm(path, { force: true });
    return scored;
  }
  for (const line of lines) {
    try {
      const score: PairScore = JSON.parse(line);
      scored.set(keyOf(score.song, score.listener), score);
    } catch {
      // The last line of a run that was killed.
    }
  }
  return scored;
}

async function append(path: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await appendFile(path, text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new AudioError("unwritable", `${path} cannot be written: ${why}`, undefined, { cause });
  }
}
