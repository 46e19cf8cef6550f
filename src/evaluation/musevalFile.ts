/**
 * museval's JSON of one track: `targets[].frames[].metrics`, with the bare word NaN where a frame has no score.
 *
 * Values are rounded to five decimals and infinities become NaN, as museval does. A `whole` object beside a target's
 * frames holds the scores of the whole track, and whether ISR, SIR and SAR mean something; museval's own readers skip it.
 */
import { DataError } from "../errors.ts";
import { type Metric, metrics } from "../metrics/bss/criteria.ts";
import type { StemScores, TrackHearing, TrackScores } from "./trackScores.ts";

/** museval's order of the metrics. */
const ORDER: readonly Metric[] = ["SDR", "SIR", "SAR", "ISR"];

/** A track's scores as the text of a museval file. */
export function writeMuseval(scores: TrackScores): string {
  const targets = scores.stems.map((stem) => {
    const frames = Array.from(stem.frames.SDR, (_, i) => {
      const values = ORDER.map((metric) => `"${metric}": ${token(stem.frames[metric][i])}`);
      const [time, duration] = [i * scores.hop, scores.window];
      return `        {"time": ${decimal(time)}, "duration": ${decimal(duration)}, "metrics": {${values.join(", ")}}}`;
    });
    const whole = [
      ...Object.entries({
        SDR: stem.globalSdr,
        "SI-SDR": stem.siSdr,
        silence: stem.silence,
        HAAQI: stem.haaqi,
      }).flatMap(([name, value]) => (value === undefined ? [] : [`"${name}": ${token(value)}`])),
      ...(stem.levels === undefined ? [] : [`"levels": [${stem.levels.map(token).join(", ")}]`]),
      ...(stem.determined === undefined ? [] : [`"determined": ${stem.determined}`]),
    ];
    return [
      "    {",
      `      "name": ${JSON.stringify(stem.name)},`,
      ...(whole.length > 0 ? [`      "whole": {${whole.join(", ")}},`] : []),
      `      "frames": [\n${frames.join(",\n")}\n      ]`,
      "    }",
    ].join("\n");
  });
  const hearing = scores.hearing ? `  "hearing": ${JSON.stringify(scores.hearing)},\n` : "";
  return `{\n${hearing}  "targets": [\n${targets.join(",\n")}\n  ]\n}\n`;
}

function token(value: number): string {
  return Number.isFinite(value) ? decimal(Math.round(value * 1e5) / 1e5) : "NaN";
}

/** Always with a point, as Python writes floats; never −0. */
function decimal(value: number): string {
  const text = String(value + 0);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

/**
 * Reads such a file, of museval or ours.
 * @param name of the file, for messages.
 * @throws DataError naming the file and what is wrong.
 */
export function readMuseval(text: string, name: string): TrackScores {
  const fail = (what: string) =>
    new DataError(
      `${name} is not a museval file: ${what}.`,
      "Give JSON files as museval or `xumx-slicq evaluate` write them.",
    );
  let root: unknown;
  try {
    root = JSON.parse(quoteBareWords(text));
  } catch (error) {
    throw fail(error instanceof Error ? error.message : "no JSON");
  }
  if (!isObject(root) || !Array.isArray(root.targets)) throw fail('"targets" is missing');
  const list: readonly unknown[] = root.targets;
  const stems = list.map((target, j) => {
    if (!isObject(target) || typeof target.name !== "string" || !Array.isArray(target.frames)) {
      throw fail(`target ${j} has no name or no frames`);
    }
    return { name: target.name, frames: target.frames, whole: target.whole };
  });
  const times = stems[0]?.frames.slice(0, 2).map((frame) => numberAt(frame, "time")) ?? [];
  const window = numberAt(stems[0]?.frames[0], "duration");
  const hearing = hearingOf(root.hearing);
  return {
    ...(hearing && { hearing }),
    window: window ?? 1,
    hop: (times[1] ?? Number.NaN) - (times[0] ?? Number.NaN) || window || 1,
    stems: stems.map((stem): StemScores => {
      const values = (metric: Metric) =>
        Float64Array.from(stem.frames, (frame: unknown, i) => {
          const value = isObject(frame) ? numberAt(frame.metrics, metric) : undefined;
          if (value === undefined) throw fail(`frame ${i} of ${stem.name} has no ${metric}`);
          return value;
        });
      const [SDR, ISR, SIR, SAR] = metrics.map(values);
      return {
        name: stem.name,
        frames: { SDR, ISR, SIR, SAR },
        globalSdr: numberAt(stem.whole, "SDR"),
        siSdr: numberAt(stem.whole, "SI-SDR"),
        silence: numberAt(stem.whole, "silence"),
        levels: numbersAt(stem.whole, "levels"),
        haaqi: numberAt(stem.whole, "HAAQI"),
        determined: booleanAt(stem.whole, "determined"),
      };
    }),
  };
}

function hearingOf(value: unknown): TrackHearing | undefined {
  if (!isObject(value)) return undefined;
  const { name, level, noise } = value;
  if (typeof name !== "string" || typeof level !== "number") return undefined;
  return typeof noise === "number" || noise === "off" ? { name, level, noise } : undefined;
}

/** Puts NaN, Infinity and -Infinity in quotes, outside of strings. */
function quoteBareWords(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g, (word) =>
    word.startsWith('"') ? word : `"${word}"`,
  );
}

function numberAt(object: unknown, key: string): number | undefined {
  return numberOf(isObject(object) ? object[key] : undefined);
}

/** A list of which each is a number; undefined where it is none. */
function numbersAt(object: unknown, key: string): readonly number[] | undefined {
  const list = isObject(object) ? object[key] : undefined;
  return Array.isArray(list) ? list.map((value) => numberOf(value) ?? Number.NaN) : undefined;
}

function numberOf(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  if (value === null || value === "NaN") return Number.NaN;
  if (value === "Infinity") return Number.POSITIVE_INFINITY;
  return value === "-Infinity" ? Number.NEGATIVE_INFINITY : undefined;
}

function booleanAt(object: unknown, key: string): boolean | undefined {
  const value = isObject(object) ? object[key] : undefined;
  return typeof value === "boolean" ? value : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
