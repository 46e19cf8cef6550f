/** Reading of settings from JSON of unknown origin. */
import { WeightsError } from "../errors.ts";

/** Typed access to an object of unknown origin; complaints name the field and where it stands. */
export class Fields {
  private readonly values: ReadonlyMap<string, unknown>;

  /** @throws WeightsError "weights-mismatch" if the value is no object; all readers, if a field is not as asked for */
  constructor(
    value: unknown,
    private readonly place: string,
  ) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw unsupported(`In ${place}, an object was expected.`);
    }
    this.values = new Map(Object.entries(value));
  }

  /** A field as it is; undefined if it is missing. */
  optional(key: string): unknown {
    return this.values.get(key);
  }

  /** An object. */
  fields(key: string): Fields {
    return new Fields(this.values.get(key), `"${key}" of ${this.place}`);
  }

  string(key: string): string {
    const value = this.values.get(key);
    return typeof value === "string" ? value : this.fail(key, "a string");
  }

  number(key: string): number {
    const value = this.values.get(key);
    return typeof value === "number" && Number.isFinite(value) ? value : this.fail(key, "a number");
  }

  boolean(key: string): boolean {
    const value = this.values.get(key);
    return typeof value === "boolean" ? value : this.fail(key, "true or false");
  }

  oneOf<T extends string>(key: string, allowed: readonly T[]): T {
    const value = this.values.get(key);
    return allowed.find((name) => name === value) ?? this.fail(key, `one of ${allowed.join(", ")}`);
  }

  /** A whole number within limits. */
  whole(key: string, least: number, most: number): number {
    const value = this.number(key);
    return Number.isInteger(value) && value >= least && value <= most
      ? value
      : this.fail(key, `a whole number from ${least} to ${most}`);
  }

  /** A number between limits, which it does not reach. */
  between(key: string, low: number, high: number): number {
    const value = this.number(key);
    return value > low && value < high ? value : this.fail(key, `between ${low} and ${high}`);
  }

  /** `{ [name]: value }` if the field is a number, otherwise nothing. */
  numberAs(key: string, name: string): Record<string, number> {
    const value = this.values.get(key);
    return typeof value === "number" ? { [name]: value } : {};
  }

  /** All fields, each of which must be a string or a number. */
  facts(): Record<string, string | number> {
    const facts = [...this.values].map(([key, value]): [string, string | number] =>
      typeof value === "string" || typeof value === "number"
        ? [key, value]
        : this.fail(key, "a string or a number"),
    );
    return Object.fromEntries(facts);
  }

  /** Complains about a field. */
  fail(key: string, wanted: string): never {
    const value = this.values.get(key);
    const found = value === undefined ? "is missing" : `is ${JSON.stringify(value).slice(0, 80)}`;
    throw unsupported(`In ${this.place}, "${key}" ${found}; it should be ${wanted}.`);
  }
}

/** The error for a model that is understood, but not one that can be used. */
export function unsupported(message: string): WeightsError {
  return new WeightsError(
    "weights-mismatch",
    message,
    "Models of xumx-sliCQ (both versions), Open-Unmix and X-UMX can be used, and those of this program.",
  );
}
