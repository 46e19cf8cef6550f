import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { agreement } from "../testing/golden.ts";
import { noise } from "../testing/noise.ts";
import { cuesOf, LEVEL_REACH, powerOfSum } from "./cues.ts";
import { GateNetwork } from "./gateNetwork.ts";
import { GATE_DELAY, gatedStems, type StemRows } from "./stemGate.ts";
import { GROUP_SAMPLES, gateStft, StemPowers } from "./stemPowers.ts";
import { randomGate } from "./testing/randomGate.ts";

const { hop } = gateStft;
const state = randomGate();
const ORDER = [0, 1, 2, 3];

/** Noise that comes and goes, so that frames differ. */
function stems(samples: number, rows = 8): StemRows {
  return Array.from({ length: rows }, (_, row) =>
    noise(samples, row + 1).map((x, i) => x * Math.sin(i / (3000 + 900 * row)) ** 2),
  );
}

async function gated(
  rows: StemRows,
  sizes: readonly number[] = [rows[0].length],
  order = ORDER,
): Promise<number[][]> {
  async function* blocks() {
    for (let at = 0, k = 0; at < rows[0].length; k++) {
      const to = at + sizes[k % sizes.length];
      yield rows.map((row) => row.slice(at, to));
      at = to;
    }
  }
  const out = rows.map((): number[] => []);
  for await (const block of gatedStems(blocks(), order, state)) {
    for (const [row, samples] of block.entries()) for (const x of samples) out[row].push(x);
  }
  return out;
}

/** The gate on a whole signal, as docs/mathematics.md, 9.3 writes it. */
function plain(rows: StemRows): number[][] {
  const length = rows[0].length;
  const count = Math.ceil(length / hop);
  const measure = new StemPowers();
  const powers = Array.from({ length: count }, (_, frame) => {
    const group = rows.map((row) =>
      Float32Array.from({ length: GROUP_SAMPLES }, (_, n) => row[frame * hop - hop / 2 + n] ?? 0),
    );
    return measure.measure(group)[0];
  });
  const network = new GateNetwork(state);
  const routings = [
    ...powers.flatMap((own, t) => {
      const around = powers.slice(Math.max(0, t - LEVEL_REACH), t + LEVEL_REACH + 1);
      const level = around.reduce((sum, frame) => sum + powerOfSum(frame), 0) / around.length;
      return network.push(cuesOf(own, level));
    }),
    ...network.end(),
  ];
  return rows.map((_, row) => {
    const [to, channel] = [row >> 1, row & 1];
    return Array.from({ length }, (_, n) => {
      const place = Math.min(count - 1, Math.max(0, (n - hop / 2) / hop));
      const [frame, share] = [Math.floor(place), place % 1];
      return ORDER.reduce((sum, from) => {
        const at = 4 * to + from;
        const before = routings[frame][at];
        const after = routings[Math.min(count - 1, frame + 1)][at];
        return sum + (before + share * (after - before)) * rows[2 * from + channel][n];
      }, 0);
    });
  });
}

describe("the gate", () => {
  it.each([1, 2047, 2048, 100_000])("gates a signal of %i samples as written", async (samples) => {
    const rows = stems(samples);
    const [expected, found] = [plain(rows), await gated(rows)];
    const decibels = Math.min(...found.map((row, i) => agreement(expected[i], row)));
    console.log(`${samples} samples: ${decibels.toFixed(1)} dB`);
    for (const row of found) expect(row).toHaveLength(samples);
    expect(decibels).toBeGreaterThan(100);
  });

  it("moves much, and keeps the sum of the stems", async () => {
    const rows = stems(60_000);
    const found = await gated(rows);
    expect(agreement(rows[0], found[0])).toBeLessThan(20);
    for (const c of [0, 1]) {
      const sum = (all: readonly ArrayLike<number>[]) =>
        Array.from({ length: 60_000 }, (_, n) =>
          ORDER.reduce((total, stem) => total + all[2 * stem + c][n], 0),
        );
      const decibels = agreement(sum(rows), sum(found));
      console.log(`sum ${decibels.toFixed(1)} dB`);
      expect(decibels).toBeGreaterThan(130);
    }
  });

  it("gives the same samples however the signal is cut", async () => {
    const rows = stems(230_000);
    const whole = await gated(rows);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 100_000 }), { minLength: 1, maxLength: 4 }),
        async (sizes) => {
          fc.pre(sizes.reduce((a, b) => a + b) > 4000);
          const found = await gated(rows, sizes);
          const same = found.every((row, i) => row.every((x, n) => x === whole[i][n]));
          expect(same && found[0].length === whole[0].length).toBe(true);
        },
      ),
      { numRuns: 4 },
    );
  });

  it("holds back what an answer depends on, and no more", async () => {
    const rows = stems(500_000);
    let [given, read, most] = [0, 0, 0];
    async function* blocks() {
      for (; read < 500_000; read += 1000) {
        most = Math.max(most, read - given);
        yield rows.map((row) => row.subarray(read, read + 1000));
      }
    }
    for await (const block of gatedStems(blocks(), ORDER, state)) given += block[0].length;
    expect(given).toBe(500_000);
    console.log(`${most} samples of ${GATE_DELAY}`);
    expect(most).toBeLessThanOrEqual(GATE_DELAY + 1000);
  });

  it("knows its stems wherever they are, and leaves others alone", async () => {
    const rows = stems(50_000);
    const residual = stems(50_000, 10).slice(8);
    const expected = await gated(rows);
    const pair = (all: StemRows | number[][], stem: number) => [all[2 * stem], all[2 * stem + 1]];
    const moved = [
      ...pair(rows, 2),
      ...residual,
      ...pair(rows, 1),
      ...pair(rows, 3),
      ...pair(rows, 0),
    ];
    const found = await gated(
      moved.map((row) => Float32Array.from(row)),
      [7000],
      [4, 2, 0, 3],
    );
    const back = [4, 2, 0, 3].flatMap((stem) => pair(found, stem));
    expect(back).toEqual(expected);
    expect(pair(found, 1)).toEqual(residual.map((row) => [...row]));
  });

  it("gives nothing of nothing, and silence of silence", async () => {
    expect(await gated(stems(0))).toEqual(stems(0).map(() => []));
    const silent = Array.from({ length: 8 }, () => new Float32Array(10_000));
    for (const row of await gated(silent)) expect(row.every((x) => x === 0)).toBe(true);
  });
});
