/** Figures as text for people, and as CSV for programs. */

import { levelBands } from "../metrics/bandLevels.ts";
import { metrics } from "../metrics/bss/criteria.ts";
import {
  type MethodScores,
  type MethodSummary,
  mean,
  type StemSummary,
  stemNames,
  summarise,
  trackStems,
} from "./aggregate.ts";
import { describeHearing } from "./hearing.ts";
import { tableNotes, UNDETERMINED } from "./tableNotes.ts";
import type { TrackScores } from "./trackScores.ts";

/** Tables that compare methods: cSDR and uSDR of every stem, and all four metrics. Each says what it holds. */
export function comparisonTables(methods: readonly MethodScores[]): string {
  const summaries = methods.map(summarise);
  const stems = stemNames(methods);
  const figure = (
    value: (stem: StemSummary) => number,
    mean: (all: MethodSummary["meanOfStems"]) => number,
    shown = decibel,
  ) => [
    ["method", "tracks", ...stems, "mean of stems"],
    ...summaries.map((summary) => [
      summary.method,
      String(summary.tracks),
      ...stems.map((name) => {
        const stem = summary.stems.find((s) => s.stem === name);
        return stem ? shown(value(stem)) : "–";
      }),
      shown(mean(summary.meanOfStems)),
    ]),
  ];
  const four = [
    ["method", ...stems],
    ...summaries.map((summary) => [
      summary.method,
      ...stems.map((name) => {
        const stem = summary.stems.find((s) => s.stem === name);
        if (!stem) return "–";
        const mark = stem.undetermined > 0 ? UNDETERMINED : "";
        return metrics
          .map((metric) => `${decibel(stem.cSDR[metric])}${metric === "SDR" ? "" : mark}`)
          .join(" / ");
      }),
    ]),
  ];
  const sections: readonly (readonly [string, readonly (readonly string[])[]])[] = [
    [
      "cSDR: BSS Eval v4 SDR, median over frames, then over tracks (dB)",
      figure(
        (stem) => stem.cSDR.SDR,
        (all) => all.cSDR.SDR,
      ),
    ],
    [
      "uSDR: global SDR of whole tracks, mean over tracks (dB)",
      figure(
        (stem) => stem.uSDRMean,
        (all) => all.uSDRMean,
      ),
    ],
    [
      "uSDR: global SDR of whole tracks, median over tracks (dB)",
      figure(
        (stem) => stem.uSDRMedian,
        (all) => all.uSDRMedian,
      ),
    ],
    [`BSS Eval v4 ${metrics.join(" / ")}, medians as for cSDR (dB)`, four],
  ];
  const silence: readonly [string, readonly (readonly string[])[]] = [
    "silence: level of the estimate against the mixture where the true stem is silent, mean over tracks (dB, lower is better)",
    figure(
      (stem) => stem.silenceMean,
      (all) => all.silenceMean,
    ),
  ];
  const levels: readonly [string, readonly (readonly string[])[]] = [
    `levels: the estimate's against the true stem's in the bands ${levelBands.map(bandName).join(" / ")}, mean over tracks (dB, 0 is best)`,
    [
      ["method", ...stems],
      ...summaries.map((summary) => [
        summary.method,
        ...stems.map((name) => {
          const stem = summary.stems.find((s) => s.stem === name);
          return stem ? stem.levelMeans.map(rounded).join(" / ") : "–";
        }),
      ]),
    ],
  ];
  const haaqi: readonly [string, readonly (readonly string[])[]] = [
    `HAAQI, mean of ears and tracks (0 to about 1): ${hearingOf(methods)}`,
    figure(
      (stem) => stem.haaqiMean,
      (all) => all.haaqiMean,
      quality,
    ),
  ];
  const known = (value: (stem: StemSummary) => number) =>
    summaries.some(({ stems: all }) => all.some((stem) => Number.isFinite(value(stem))));
  const shown = [
    ...sections,
    ...(known((stem) => stem.silenceMean) ? [silence] : []),
    ...(known((stem) => mean(stem.levelMeans)) ? [levels] : []),
    ...(known((stem) => stem.haaqiMean) ? [haaqi] : []),
  ];
  const text = shown.map(([title, rows]) => `${title}\n${aligned(rows)}`).join("\n");
  const notes = tableNotes(methods);
  return notes.length === 0 ? text : `${text}\n${notes.map((note) => `${note}\n`).join("")}`;
}

/** One row per method, track and stem: medians over frames, and the whole track's numbers; HAAQI where it was scored. */
export function scoresCsv(methods: readonly MethodScores[]): string {
  const heard = hearingOf(methods) !== "";
  const head = [
    "method",
    "track",
    "stem",
    ...metrics.map((metric) => `${metric} (v4, median over frames)`),
    "uSDR",
    "SI-SDR",
    "silence",
    ...levelBands.map((band) => `level ${bandName(band)}`),
    ...(heard ? ["HAAQI", "HAAQI's listener"] : []),
    "ISR, SIR and SAR determined",
  ];
  const rows = methods.flatMap((scores) =>
    trackStems(scores).map((row) => [
      scores.method,
      row.track,
      row.stem,
      ...[
        ...metrics.map((metric) => row[metric]),
        ...[row.uSDR, row.siSDR, row.silence, ...row.levels],
        ...(heard ? [row.haaqi] : []),
      ].map((value) => (Number.isFinite(value) ? value.toFixed(5) : "")),
      ...(heard ? [listenerOf(scores.tracks.get(row.track))] : []),
      String(row.determined),
    ]),
  );
  return [head, ...rows].map((row) => `${row.map(csvField).join(",")}\r\n`).join("");
}

function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function decibel(value: number): string {
  return Number.isFinite(value) ? value.toFixed(2) : "–";
}

function rounded(value: number): string {
  return Number.isFinite(value) ? value.toFixed(1) : "–";
}

/** A band of frequencies in words: 0–150 Hz. */
function bandName([low, high]: (typeof levelBands)[number]): string {
  return `${low}–${high} Hz`;
}

function quality(value: number): string {
  return Number.isFinite(value) ? value.toFixed(3) : "–";
}

function listenerOf(track: TrackScores | undefined): string {
  return track?.hearing ? describeHearing(track.hearing) : "";
}

/** Who listened: one and the same listener, or all there were. */
function hearingOf(methods: readonly MethodScores[]): string {
  const all = methods.flatMap(({ tracks }) => [...tracks.values()].map(listenerOf));
  return [...new Set(all)].filter((text) => text !== "").join("; ");
}

/** Columns side by side, the first one left-aligned, the others right-aligned. */
export function aligned(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, c) => Math.max(...rows.map((row) => [...row[c]].length)));
  return rows
    .map((row) =>
      row
        .map((cell, c) => {
          const space = " ".repeat(widths[c] - [...cell].length);
          return c === 0 ? cell + space : space + cell;
        })
        .join("  ")
        .trimEnd()
        .concat("\n"),
    )
    .join("");
}
