/** Readers of options' values, each with its complaint. */
import { InvalidArgumentError } from "commander";
import type { StemGains } from "../live/index.ts";
import { targets } from "../networks/index.ts";

/** A whole number from `least` on, perhaps with a largest one. */
export function whole(least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text.trim()) && value >= least && value <= most) return value;
    const range = most === Number.MAX_SAFE_INTEGER ? `from ${least}` : `from ${least} to ${most}`;
    throw new InvalidArgumentError(`a whole number ${range} is expected`);
  };
}

/** A number. */
export function anyNumber(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value)) return value;
  throw new InvalidArgumentError("a number is expected");
}

/** A number within limits. */
export function number(least: number, most = Number.MAX_VALUE): (text: string) => number {
  return (text) => {
    const value = anyNumber(text);
    if (value >= least && value <= most) return value;
    const range = most === Number.MAX_VALUE ? `from ${least} on` : `from ${least} to ${most}`;
    throw new InvalidArgumentError(`a number ${range} is expected`);
  };
}

/** Numbers within limits, with commas between them. */
export function numbers(least: number): (text: string) => readonly number[] {
  const read = number(least);
  return (text) => text.split(",").map(read);
}

/** A whole number from 1 on, or two with a comma between them. */
export function oneOrTwo(text: string): readonly number[] {
  const values = text.split(",").map(whole(1));
  if (values.length <= 2) return values;
  throw new InvalidArgumentError("a number is expected, or two, as in 50,51");
}

/** A level in dB SPL. */
export function decibels(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= 0 && value <= 130) return value;
  throw new InvalidArgumentError("a level of 0 to 130 dB SPL is expected");
}

/** A length of time in seconds: 3600, 3600s, 90m, 2h, 1.5d. */
export function duration(text: string): number {
  const [, amount, unit = "s"] = /^(\d+(?:\.\d+)?)\s*([smhd])?$/.exec(text.trim()) ?? [];
  if (amount === undefined) {
    throw new InvalidArgumentError("a time is expected: 90m, 2h, 1.5d, or seconds");
  }
  const seconds = { s: 1, m: 60, h: 3600, d: 86400 }[unit] ?? 1;
  return Number(amount) * seconds;
}

/** One of some names. */
export function oneOf<T extends string>(names: readonly T[]): (text: string) => T {
  return (text) => {
    const found = names.find((name) => name === text);
    if (found === undefined) throw new InvalidArgumentError(`${names.join(", ")} are known`);
    return found;
  };
}

/** A time in seconds, or as mm:ss or hh:mm:ss; fractions of the seconds are allowed. */
export function clockTime(text: string): number {
  const [, hours = "0", minutes = "0", seconds] =
    /^(?:(?:(\d+):)?(\d{1,2}):)?(\d+(?:\.\d*)?|\.\d+)$/.exec(text.trim()) ?? [];
  const clock = text.includes(":");
  if (seconds === undefined || (clock && (Number(seconds) >= 60 || Number(minutes) > 999))) {
    throw new InvalidArgumentError("a time is expected: seconds, mm:ss or hh:mm:ss");
  }
  return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
}

/** Names with commas between them, each one of those given. */
export function listOf<T extends string>(names: readonly T[]): (text: string) => readonly T[] {
  return (text) =>
    text.split(",").map((part) => {
      const found = names.find((name) => name === part.trim());
      if (found === undefined) {
        throw new InvalidArgumentError(`some of ${names.join(",")} are expected, with commas`);
      }
      return found;
    });
}

/** Sums of stems as JSON: an object of names, each with a list of stems. */
export function sumsOfStems(text: string): Readonly<Record<string, readonly string[]>> {
  const isNames = (value: unknown): value is string[] =>
    Array.isArray(value) && value.every((name) => typeof name === "string");
  const sums = new Map<string, readonly string[]>();
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)) {
      for (const [name, stems] of Object.entries(parsed)) if (isNames(stems)) sums.set(name, stems);
      if (sums.size > 0 && sums.size === Object.keys(parsed).length)
        return Object.fromEntries(sums);
    }
  } catch {
    // Said below.
  }
  throw new InvalidArgumentError('JSON such as {"accompaniment":["drums","bass"]} is expected');
}

/** A bit rate in kbit/s: 192, 192k or 192000. */
export function bitRate(text: string): number {
  const [, amount, unit] = /^(\d+)(k?)$/i.exec(text.trim()) ?? [];
  const value = Number(amount);
  if (amount === undefined || value < 1) {
    throw new InvalidArgumentError("a bit rate is expected, such as 192 (kbit/s)");
  }
  return unit === "" && value >= 6000 ? value / 1000 : value;
}

/** Gains of stems: vocals=0,drums=1.5. */
export function stemGains(text: string): StemGains {
  const gains = text.split(",").map((part) => {
    const [, name, value] = /^\s*(\w+)\s*=\s*(\d+(?:\.\d*)?|\.\d+)\s*$/.exec(part) ?? [];
    const target = targets.find((one) => one === name);
    if (target !== undefined && Number(value) <= 100) return [target, Number(value)] as const;
    throw new InvalidArgumentError(
      `gains of ${targets.join(", ")} are expected, from 0 to 100: vocals=0,drums=1.5`,
    );
  });
  return Object.fromEntries(gains);
}
