import { describe, expect, it } from "vitest";
import { evaluate, GraphBuilder } from "../../graph/index.ts";
import { blockPhase } from "../../phase/index.ts";
import { agreement } from "../../testing/golden.ts";
import { noiseSource } from "../../testing/noise.ts";
import { eachRow, magnitudes, phaseDifferences, turnBack, windowScales } from "../turnedFrames.ts";
import { wienerGraph, windowCount } from "./wienerGraph.ts";

const sizes = { bins: 3, coefs: 12, slices: 4, batch: 2 };
const { bins, coefs, slices, batch } = sizes;
const width = 2 * slices * batch;

describe("Wiener-EM as a graph", () => {
  it.each([
    { window: 5000, scale: "batch" },
    { window: 20, scale: "batch" },
    { window: 20, scale: "item" },
  ])("is the phase room's, window $window, scale per $scale", ({ window, scale }) => {
    const random = noiseSource(3);
    const positions = batch * 2 * bins * slices * coefs;
    const mixture = Float32Array.from({ length: 2 * positions }, () => 20 * random() ** 3);
    const masks = Float64Array.from({ length: 4 * positions }, () => 0.5 + 0.49 * random());
    const magnitude = magnitudes(mixture, sizes);
    const estimates = masks.map((mask, i) => mask * magnitude[i % positions]);
    const { cosine, sine } = phaseDifferences(mixture, sizes);
    const scales = windowScales(mixture, sizes, window, scale === "batch");

    const b = new GraphBuilder("wiener");
    const half = coefs / 2;
    const inputs = {
      magnitude: b.input("magnitude", [2, half, bins, width]),
      cosine: b.input("cosine", [half, bins, width]),
      sine: b.input("sine", [half, bins, width]),
      scale: b.input("scale", [windowCount(half, 2 * slices, window), batch]),
    };
    const stems = wienerGraph(b, b.input("estimates", [4, coefs, bins, width]), inputs, {
      batch,
      window,
    });
    b.output("real", stems.real);
    b.output("imaginary", stems.imaginary);
    const wide = (shape: readonly number[], data: ArrayLike<number>) => ({
      shape,
      data: Float64Array.from(data),
    });
    const { real, imaginary } = evaluate(b.build(), {
      magnitude: wide([2, half, bins, width], magnitude),
      cosine: wide([half, bins, width], cosine),
      sine: wide([half, bins, width], sine),
      scale: wide([scales.length / batch, batch], scales),
      estimates: wide([4, coefs, bins, width], estimates),
    });
    const found = turnBack(
      mixture,
      Float32Array.from(real.data),
      Float32Array.from(imaginary.data),
      sizes,
    );

    // The phase room has the targets outside of the batch, and no scale per item: there items are done alone.
    const perItem = positions / batch;
    const plain = new Float32Array(4 * positions);
    eachRow(sizes, (_, position, frame) => {
      for (let n = 0; n < batch; n++) {
        for (let j = 0; j < 4; j++) {
          plain[(j * batch + n) * perItem + position] = estimates[j * positions + frame + n];
        }
      }
    });
    const settings = { method: "wiener-em", window, regularisation: { kind: "fixed" } } as const;
    const items = scale === "batch" ? [[0, 1]] : [[0], [1]];
    for (const group of items) {
      const own = group.flatMap((n) => [
        ...mixture.subarray(2 * n * perItem, 2 * (n + 1) * perItem),
      ]);
      const ownPlain = [0, 1, 2, 3].flatMap((j) =>
        group.flatMap((n) => [
          ...plain.subarray((j * batch + n) * perItem, (j * batch + n + 1) * perItem),
        ]),
      );
      const shape = { targets: 4, batch: group.length, bins, slices, coefs };
      const expected = blockPhase(
        Float32Array.from(own),
        Float32Array.from(ownPlain),
        shape,
        settings,
      );
      const ordered = [0, 1, 2, 3].flatMap((j) =>
        group.flatMap((n) => [
          ...found.subarray(2 * (n * 4 + j) * perItem, 2 * (n * 4 + j + 1) * perItem),
        ]),
      );
      const db = agreement(expected, ordered);
      console.log(`Wiener-EM as a graph: ${db.toFixed(1)} dB`);
      expect(db).toBeGreaterThan(100);
    }
  });
});
