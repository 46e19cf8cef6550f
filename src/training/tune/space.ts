/** What a search over trainings draws from: settings by the names of `train`'s options, each with its choices. */
import { ArgumentError } from "../../errors.ts";
import { Random } from "../data/random.ts";

/** The choices of a setting. */
export type Choices =
  /** One of these, as they are written on the command line. */
  | { readonly kind: "some"; readonly values: readonly string[] }
  /** A number between two, evenly drawn, or evenly on a logarithmic scale; whole ones only, if asked for. */
  | {
      readonly kind: "range";
      readonly from: number;
      readonly to: number;
      readonly scale: "even" | "log";
      readonly whole: boolean;
    };

/** A setting that is searched. */
export interface Searched {
  /** The option's name, without dashes: "lr". */
  readonly name: string;
  readonly choices: Choices;
}

/** Values of the searched settings, by name, as on the command line. */
export type Drawn = Readonly<Record<string, string>>;

/** Digits that a drawn number is rounded to. */
const DIGITS = 4;

/**
 * Reads a setting to search: `hidden=25,25|50,51` (one of these), `lr=1e-4..1e-2:log`, `clip=0.5..5`,
 * `channels=16..48:whole`.
 * @throws {ArgumentError} for anything else.
 */
export function parseSearched(text: string): Searched {
  const [, name, choices] = /^(?:--)?([a-z][a-z-]*)=(.+)$/.exec(text.trim()) ?? [];
  if (name === undefined) throw unreadable(text);
  const number = String.raw`-?\d+(?:\.\d*)?(?:e[+-]?\d+)?`;
  const range = new RegExp(`^(${number})\\.\\.(${number})((?::(?:log|whole))*)$`, "i").exec(
    choices,
  );
  if (range) {
    const [from, to] = [Number(range[1]), Number(range[2])];
    const kinds = range[3].split(":");
    const scale = kinds.includes("log") ? "log" : "even";
    const whole = kinds.includes("whole");
    const integers = Number.isInteger(from) && Number.isInteger(to);
    if (!(to > from) || (scale === "log" && from <= 0) || (whole && !integers)) {
      throw new ArgumentError(
        `The range of ${name}, ${choices}, cannot be searched.`,
        "The lesser number comes first; logarithmic ranges are above 0; whole ones have whole ends.",
      );
    }
    return { name, choices: { kind: "range", from, to, scale, whole } };
  }
  if (choices.includes("..")) throw unreadable(text);
  const values = choices.split("|").map((value) => value.trim());
  if (values.length < 2 || values.includes("")) throw unreadable(text);
  return { name, choices: { kind: "some", values } };
}

function unreadable(text: string): ArgumentError {
  return new ArgumentError(
    `"${text}" is no setting to search.`,
    "As in lr=1e-4..1e-2:log, channels=16..48:whole or hidden=25,25|50,51.",
  );
}

/** The values of a trial, drawn from the seed and its number alone. */
export function draw(space: readonly Searched[], seed: number, trial: number): Drawn {
  const random = Random.of(seed, trial);
  return Object.fromEntries(
    space.map(({ name, choices }) => [name, drawn(choices, random.uniform())]),
  );
}

function drawn(choices: Choices, share: number): string {
  if (choices.kind === "some") return choices.values[Math.floor(share * choices.values.length)];
  const { from, to, scale, whole } = choices;
  // Whole numbers each have an interval of their own: the last one reaches to its end.
  const end = whole ? to + 1 : to;
  const value = scale === "log" ? from * (end / from) ** share : from + share * (end - from);
  if (whole) return String(Math.min(to, Math.floor(value)));
  return String(Number(value.toPrecision(DIGITS)));
}
