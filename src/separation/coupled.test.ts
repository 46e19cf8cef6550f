import { describe, expect, it } from "vitest";
import { smallModel } from "../networks/coupled/testing/smallModel.ts";
import { targets } from "../networks/index.ts";
import { completePhase, mixPhase, type PhaseSettings } from "../phase/index.ts";
import { agreement } from "../testing/golden.ts";
import { noise } from "../testing/noise.ts";
import { Separator, type Stems } from "./separator.ts";

const SAMPLES = 40000;

const song = [1, 2].map((seed) =>
  noise(SAMPLES, seed).map((value, i) => value * Math.sin(i / 3000) ** 2),
);

async function stems(
  realtime: boolean,
  pieceSlices: number,
  phase: PhaseSettings,
  gain = 1,
): Promise<Stems> {
  await using separator = await Separator.create(smallModel(realtime), { pieceSlices, phase });
  return await separator.separate([song[0].map((v) => gain * v), song[1].map((v) => gain * v)]);
}

function worst(a: Stems, b: Stems, gain = 1): number {
  return Math.min(
    ...targets.flatMap((target) =>
      [0, 1].map((c) =>
        agreement(
          a[target][c].map((v) => gain * v),
          b[target][c],
        ),
      ),
    ),
  );
}

const phases: [string, PhaseSettings][] = [
  ["mix phase", mixPhase],
  ["Wiener-EM", completePhase("wiener-em", 0.2)],
];

describe.each([false, true])("a band-coupled model (realtime: %s)", (realtime) => {
  it.each(phases)("gives the same stems however the song is cut (%s)", async (name, phase) => {
    const whole = await stems(realtime, 400, phase);
    const decibels = await Promise.all(
      [4, 12, 64].map(async (slices) => worst(whole, await stems(realtime, slices, phase))),
    );
    console.log(`pieces, ${name}: ${decibels.map((db) => db.toFixed(1)).join(", ")} dB`);
    expect(Math.min(...decibels)).toBeGreaterThan(100);
  });

  it("separates a song 20 dB softer in the same way", async () => {
    const [loud, soft] = [
      await stems(realtime, 12, mixPhase),
      await stems(realtime, 12, mixPhase, 0.1),
    ];
    const decibels = worst(loud, soft, 0.1);
    console.log(`at -20 dB: ${decibels.toFixed(1)} dB`);
    expect(decibels).toBeGreaterThan(100);
  });

  it("gives stems that sum to the song", async () => {
    const found = await stems(realtime, 12, mixPhase);
    const sum = song[0].map((_, i) => targets.reduce((all, t) => all + found[t][0][i], 0));
    expect(agreement(song[0], sum)).toBeGreaterThan(100);
  });
});
