import { describe, expect, it } from "vitest";
import { firstWienerEm } from "../phase/index.ts";
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
    expect(parsePhase("slicq-wiener")).toEqual(firstWienerEm);
    expect(parsePhase("wiener-em,window=290slices,epsilon=1e-10,shared")).toEqual(firstWienerEm);
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
    "wiener-em,shared",
    "wiener-em,epsilon=0",
  ])("refuses %j in words", (text) => {
    expect(() => parsePhase(text)).toThrow(/expected|known|must|window/);
  });
});
