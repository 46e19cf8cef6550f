/** Readers of options' values, each with its complaint. */
import { InvalidArgumentError } from "commander";

/** A whole number from `least` on. */
export function whole(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text.trim()) && Number.isSafeInteger(value) && value >= least) return value;
    throw new InvalidArgumentError(`a whole number from ${least} is expected`);
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

/** A bit rate in kbit/s: 192, 192k or 192000. */
export function bitRate(text: string): number {
  const [, amount, unit] = /^(\d+)(k?)$/i.exec(text.trim()) ?? [];
  const value = Number(amount);
  if (amount === undefined || value < 1) {
    throw new InvalidArgumentError("a bit rate is expected, such as 192 (kbit/s)");
  }
  return unit === "" && value >= 6000 ? value / 1000 : value;
}
