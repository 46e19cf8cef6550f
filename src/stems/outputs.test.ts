import { describe, expect, it } from "vitest";
import { chooseOutputs, outputNames } from "./outputs.ts";

const stems = ["speech", "noise"];
const all = { speech: [Float32Array.of(1, 2)], noise: [Float32Array.of(10, 20)] };
const song = [Float32Array.of(12, 23)];
const made = (choice: Parameters<typeof chooseOutputs>[0]) => {
  const outputs = chooseOutputs(choice, stems);
  const rows = outputs.make(all, song).map(([row]) => [...row]);
  return Object.fromEntries(outputs.names.map((name, i) => [name, rows[i]]));
};

describe("outputs of a model with stems of its own", () => {
  it("are its stems, one and the rest, and what all leave", () => {
    expect(made({})).toEqual({ speech: [1, 2], noise: [10, 20] });
    expect(made({ twoStems: "speech" })).toEqual({ speech: [1, 2], no_speech: [11, 21] });
    expect(made({ stems: ["noise"], residual: true })).toEqual({
      noise: [10, 20],
      residual: [1, 1],
    });
    expect(outputNames(stems)).toEqual(["speech", "noise", "no_speech", "no_noise", "residual"]);
  });

  it("may be sums under other names", () => {
    const aggregate = { everything: ["speech", "noise"], voice: ["speech"] };
    expect(made({ aggregate, residual: true })).toEqual({
      ...{ everything: [11, 22], voice: [1, 2], residual: [1, 1] },
    });
  });

  it("sum to the song where they are to", () => {
    const { speech, noise } = made({ sumToMix: true });
    expect(speech.map((x, i) => x + noise[i])).toEqual([12, 23]);
  });

  it.each([
    [{ stems: ["vocals"] }, /no stem "vocals"/],
    [{ aggregate: { a: ["drums"] } }, /no stem "drums"/],
    [{ aggregate: {} }, /No sums/],
    [{ aggregate: { "a/b": ["noise"] } }, /cannot be an output/],
    [{ aggregate: { a: ["noise"] }, stems: ["noise"] }, /together with sums/],
    [{ aggregate: { a: ["noise"] }, twoStems: "noise" }, /Two stems/],
  ])("refuse %j", (choice, message) => {
    expect(() => chooseOutputs(choice, stems)).toThrow(message);
  });

  it("take the residual that a model gives itself for the residual", () => {
    const own = chooseOutputs({ residual: true }, [...stems, "residual"]);
    expect(own.names).toEqual(["speech", "noise", "residual"]);
    expect(own.needSong).toBe(false);
  });
});
