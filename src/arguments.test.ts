import { describe, expect, it } from "vitest";
import {
  checkCallback,
  checkChoice,
  checkFlag,
  checkInteger,
  checkOptions,
  checkSignal,
  shown,
} from "./arguments.ts";
import { ArgumentError } from "./errors.ts";

const refusal = (check: () => void): unknown => {
  try {
    check();
  } catch (error) {
    expect(error).toBeInstanceOf(ArgumentError);
    return error;
  }
  return undefined;
};

describe("arguments", () => {
  it("of unknown names are refused, with those there are", () => {
    const known: { readonly size: true; readonly rate: true } = { size: true, rate: true };
    const options: { size?: number; rate?: number } = { size: 1 };
    expect(refusal(() => checkOptions(options, known, "cut"))).toBeUndefined();
    const misspelt = { siez: 1 };
    expect(refusal(() => checkOptions<object>(misspelt, known, "cut"))).toMatchObject({
      message: "siez is no option of cut.",
      hint: "There are: size, rate.",
    });
    for (const [wrong, name] of [
      [null, "null"],
      [[], "an Array"],
      [3, "3"],
    ] as const) {
      expect(refusal(() => checkOptions<unknown>(wrong, {}, "cut"))).toMatchObject({
        message: `The options of cut must be an object, not ${name}.`,
      });
    }
    // What every object inherits is no option.
    expect(refusal(() => checkOptions<object>({ toString: 1 }, known, "cut"))).toBeDefined();
  });

  it.each([0, 257, 1.5, Number.NaN, "4", null, undefined, 2n])(
    "out of 1 to 256 are refused by their name: %s",
    (value) => {
      expect(refusal(() => checkInteger("threads", value, 1, 256))).toMatchObject({
        code: "invalid-argument",
        message: expect.stringMatching(/^threads must be a whole number of 1 to 256, not /),
      });
    },
  );

  it("within their range pass, both ends included", () => {
    for (const value of [1, 256]) {
      expect(refusal(() => checkInteger("threads", value, 1, 256))).toBeUndefined();
    }
    expect(refusal(() => checkInteger("at", 0, 1, Number.POSITIVE_INFINITY))).toMatchObject({
      message: "at must be a whole number, 1 or more, not 0.",
    });
  });

  it("of another kind are refused by their name", () => {
    expect(refusal(() => checkChoice("runtime", "fast", ["auto", "wasm"]))).toMatchObject({
      message: 'runtime must be one of "auto", "wasm", not "fast".',
    });
    expect(refusal(() => checkFlag("downmix", "yes"))).toMatchObject({
      message: 'downmix must be true or false, not "yes".',
    });
    expect(refusal(() => checkCallback("onProgress", {}))).toMatchObject({
      message: "onProgress must be a function, not an Object.",
    });
    expect(refusal(() => checkSignal(new AbortController()))).toMatchObject({
      message: "signal must be an AbortSignal, not an AbortController.",
    });
    expect(refusal(() => checkSignal(AbortSignal.abort()))).toBeUndefined();
  });

  it("are shown shortly, whatever they are", () => {
    const values = [new Float64Array(2), Promise.resolve(), () => 1, "x".repeat(99), Symbol("s")];
    expect(values.map(shown)).toEqual([
      "a Float64Array",
      "a Promise",
      "a function",
      `"${"x".repeat(40)}"`,
      "Symbol(s)",
    ]);
  });
});
