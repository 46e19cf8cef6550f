import { it } from "vitest";
import { formulaUmx, formulaXumx } from "../networks/umx/testing/formulaUmx.ts";
import { agreement, goldenArray, goldenPath, goldenRows, readGolden } from "../testing/golden.ts";
import { Separator } from "./separator.ts";

it("x", async () => {
  const music = goldenRows(goldenArray(readGolden(goldenPath("signals.safetensors")), "music"));
  const n = 20 * 44100;
  const song = [0, 1].map((c) =>
    Float32Array.from(
      { length: n },
      (_, i) => music[c][i % music[c].length] * (0.6 + 0.4 * Math.sin(i / 90000 + c)),
    ),
  ) as [Float32Array, Float32Array];
  for (const [name, model] of [
    ["umx", formulaUmx({ hidden: 512 })],
    ["xumx", formulaXumx({ hidden: 512 })],
  ] as const) {
    const all: Float32Array[] = [];
    for (const context of [undefined, 0, 0.25, 0.5, 1, 2, 3]) {
      await using s = await Separator.create(model, context === undefined ? {} : { context });
      const stems = await s.separate(song);
      const flat = Float32Array.from(s.stems.flatMap((x) => [...stems[x][0]]));
      if (context === undefined) all.push(flat);
      else console.log(name, context, agreement(all[0], flat).toFixed(1));
    }
  }
}, 900000);
