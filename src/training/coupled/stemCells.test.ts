import { describe, expect, it } from "vitest";
import { coupledArchitecture, firstOfCell } from "../../networks/coupled/index.ts";
import { transformOf } from "../../networks/coupled/settings.ts";
import { smallSettings } from "../../networks/coupled/testing/smallModel.ts";
import { agreement } from "../../testing/golden.ts";
import { planTransform } from "../../transforms/index.ts";
import { forward, planSliCQT } from "../../transforms/slicqt/index.ts";
import { Random } from "../data/random.ts";
import { StemCellSums } from "./stemCells.ts";

const settings = smallSettings(false);
const scale = transformOf(settings);
const transform = planTransform(scale);
const { grid } = coupledArchitecture(transform, settings.sizes, false);
const { bandCells } = grid.sizes;

/** Eight channels of noise. */
function stems(samples: number, seed: number): Float32Array[] {
  const random = Random.of(seed, 1, 2);
  return Array.from({ length: 8 }, (_, c) =>
    Float32Array.from({ length: samples }, () => random.uniform(-1, 1) * (c + 1)),
  );
}

/** The sums as defined, coefficient by coefficient, in the order power, product, inPhase. */
function plainSums(items: readonly Float32Array[][]): { sums: number[]; energies: number[] } {
  const plan = planSliCQT(scale);
  const energies = new Float64Array(4 * items.length);
  const all = items.map((channels) => forward(plan, channels));
  const [{ slices }] = all;
  const frames = 8 * (slices + 1);
  const width = frames * items.length;
  const [power, product, inPhase] = [2, 1, 8].map((n) => new Float64Array(n * grid.cells * width));
  let k = 0;
  for (const [b, { bins, coefs: M }] of plan.blocks.entries()) {
    for (let f = 0; f < bins; f++, k++) {
      const bin = grid.bins[k];
      const band = Math.floor(bin.first / bandCells);
      for (const [item, { blocks }] of all.entries()) {
        /** Of a channel and hop the n-th coefficient, real or imaginary part. */
        const value = (c: number, hop: number, n: number, part: number) => {
          const at = (slice: number, n: number) =>
            slice < 0 || slice >= slices
              ? 0
              : blocks[b][(((c * bins + f) * slices + slice) * M + n) * 2 + part];
          return at(hop, n) + at(hop - 1, n + M / 2);
        };
        for (let hop = 0; hop <= slices; hop++) {
          for (let n = 0; n < M / 2; n++) {
            const frame = Math.floor(n / bin.coefs);
            let cell = 0;
            while (firstOfCell(bin, cell + 1) <= n % bin.coefs) cell++;
            const column = (8 * hop + frame) * items.length + item;
            const own = (bin.first % bandCells) + cell;
            const place = (kinds: number, kind: number) =>
              ((band * kinds + kind) * bandCells + own) * width + column;
            for (const part of [0, 1]) {
              const x = Array.from({ length: 8 }, (_, c) => value(c, hop, n, part));
              const mixture = [0, 1].map((c) => x[c] + x[c + 2] + x[c + 4] + x[c + 6]);
              for (const c of [0, 1]) power[place(2, c)] += M * mixture[c] ** 2;
              product[place(1, 0)] += M * mixture[0] * mixture[1];
              for (const [c, v] of x.entries()) {
                inPhase[place(8, c)] += M * mixture[c % 2] * v;
                energies[4 * item + (c >> 1)] += M * v * v;
              }
            }
          }
        }
      }
    }
  }
  return { sums: [...power, ...product, ...inPhase], energies: [...energies] };
}

describe("cells of stems", () => {
  const sums = new StemCellSums(grid, transform);
  // One after the other with the same memory: nothing may be left of a batch before.
  it.each([
    [1, 30000],
    [2, 3 * transform.hop],
    [3, 5000],
    [1, 1],
  ])("are the sums as defined: %i items of %i samples", (count, samples) => {
    const items = Array.from({ length: count }, (_, i) => stems(samples, i));
    const { power, product, inPhase, energies } = sums.cells(items);
    const plain = plainSums(items);
    const decibels = agreement(plain.sums, [...power, ...product, ...inPhase]);
    console.log(
      `${decibels.toFixed(1)} dB, energies ${agreement(plain.energies, energies).toFixed(1)}`,
    );
    expect(decibels).toBeGreaterThan(110);
    expect(agreement(plain.energies, energies)).toBeGreaterThan(110);
  });
});
