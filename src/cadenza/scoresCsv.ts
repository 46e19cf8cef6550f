/** scores.csv as the challenge's program writes it. */
import { type Instrument, instruments, type Side, sides } from "./enhance.ts";

/** Scores of one song and listener; null where the reference is silent. */
export interface PairScore {
  readonly song: string;
  readonly listener: string;
  /** By side and instrument, as in {@link columnName}. */
  readonly stems: Readonly<Record<string, number | null>>;
}

/** "left_bass". */
export function columnName(side: Side, instrument: Instrument): string {
  return `${side}_${instrument}`;
}

/** In the order of the file: by instrument's name, left before right. */
const columns: readonly string[] = [...instruments]
  .sort()
  .flatMap((instrument) => sides.map((side) => columnName(side, instrument)));

/** Mean of the stems that have a score; NaN if none has. */
export function meanScore({ stems }: PairScore): number {
  const known = instruments.flatMap((instrument) =>
    sides.flatMap((side) => stems[columnName(side, instrument)] ?? []),
  );
  return known.reduce((sum, value) => sum + value, 0) / known.length;
}

/** The whole file, with the rows in their order. */
export function scoresCsv(rows: readonly PairScore[]): string {
  const head = ["song", "listener", "score", ...columns];
  const lines = rows.map((row) => [
    row.song,
    row.listener,
    pythonFloat(meanScore(row)),
    ...columns.map((column) => {
      const value = row.stems[column];
      return value === null || value === undefined ? "" : pythonFloat(value);
    }),
  ]);
  return [head, ...lines].map((line) => `${line.map(field).join(",")}\r\n`).join("");
}

/** A double as Python prints it. */
export function pythonFloat(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e16)) {
    const [digits, power] = value.toExponential().split("e");
    const sign = power.startsWith("-") ? "-" : "+";
    return `${digits}e${sign}${power.replace(/[+-]/, "").padStart(2, "0")}`;
  }
  const text = Object.is(value, -0) ? "-0" : String(value);
  return text.includes(".") ? text : `${text}.0`;
}

function field(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
