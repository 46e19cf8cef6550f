import { describe, expect, it } from "vitest";
import { parsePhase } from "./phaseFlag.ts";

describe("--phase", () => {
  it("reads every setting", () => {
    expect(parsePhase("mix")).toEqual({ method: "mix" });
    expect(parsePhase("mix, normalised")).toEqual({ method: "mix", normalised: true });
    expect(parsePhase("wiener-em")).toEqual({
      method: "wiener-em",
      window: 5000,
      regularisation: { kind: "fixed" },
    });
    expect(parsePhase("wiener-em,window=48slices,regularisation=1e-10")).toEqual({
      method: "wiener-em",
      window: { slices: 48 },
      regularisation: { kind: "relative", amount: 1e-10 },
    });
    expect(parsePhase("wiener-em,window=800")).toMatchObject({ window: 800 });
  });

  it.each([
    "",
    "phase",
    "mix,window=5",
    "wiener-em,window",
    "wiener-em,window=0",
    "wiener-em,window=2s",
    "wiener-em,window=2001slices",
    "wiener-em,window=16001",
    "wiener-em,regularisation=1e308",
    "wiener-em,regularisation=0",
    "wiener-em,regularisation=much",
    "wiener-em,iterations=2",
  ])("refuses %j in words", (text) => {
    expect(() => parsePhase(text)).toThrow(/expected|known|must|window/);
  });
});
