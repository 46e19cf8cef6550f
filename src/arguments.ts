/** Checks of what callers give. Every failure is an {@link ArgumentError} that begins with the argument's name. */
import { ArgumentError } from "./errors.ts";

/** The names of all options of a type: the compiler sees to it that none is missing. */
export type OptionNames<T> = { readonly [Name in keyof Required<T>]: true };

/** @throws {ArgumentError} unless `options` is an object of options of these names */
export function checkOptions<T>(options: T, known: OptionNames<T>, where: string): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new ArgumentError(`The options of ${where} must be an object, not ${shown(options)}.`);
  }
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(known, name)) continue;
    throw new ArgumentError(
      `${name} is no option of ${where}.`,
      `There are: ${Object.keys(known).join(", ")}.`,
    );
  }
}

/** @throws {ArgumentError} unless `value` is a whole number in a range (both ends belong to it) */
export function checkInteger(name: string, value: unknown, from: number, to: number): void {
  if (Number.isInteger(value) && Number(value) >= from && Number(value) <= to) return;
  const range = to === Number.POSITIVE_INFINITY ? `, ${from} or more` : ` of ${from} to ${to}`;
  throw new ArgumentError(`${name} must be a whole number${range}, not ${shown(value)}.`);
}

/** @throws {ArgumentError} unless `value` is one of some words */
export function checkChoice(name: string, value: unknown, choices: readonly string[]): void {
  if (typeof value === "string" && choices.includes(value)) return;
  const words = choices.map((choice) => JSON.stringify(choice)).join(", ");
  throw new ArgumentError(`${name} must be one of ${words}, not ${shown(value)}.`);
}

/** @throws {ArgumentError} unless `value` is true or false, or left out */
export function checkFlag(name: string, value: unknown): void {
  if (value === undefined || typeof value === "boolean") return;
  throw new ArgumentError(`${name} must be true or false, not ${shown(value)}.`);
}

/** @throws {ArgumentError} unless `value` is a function, or left out */
export function checkCallback(name: string, value: unknown): void {
  if (value === undefined || typeof value === "function") return;
  throw new ArgumentError(`${name} must be a function, not ${shown(value)}.`);
}

/** @throws {ArgumentError} unless `value` is an AbortSignal, or left out */
export function checkSignal(value: unknown): void {
  if (value === undefined) return;
  if (typeof value === "object" && value !== null && "aborted" in value) return;
  throw new ArgumentError(
    `signal must be an AbortSignal, not ${shown(value)}.`,
    "Give the controller's signal: new AbortController().signal.",
  );
}

/** A value as messages show it: numbers and short words as they are, of all else what it is. */
export function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 40));
  if (typeof value === "function") return "a function";
  if (typeof value !== "object" || value === null) return String(value);
  const kind = Object.prototype.toString.call(value).slice(8, -1);
  return `${/^[AEIOU]/.test(kind) ? "an" : "a"} ${kind}`;
}
