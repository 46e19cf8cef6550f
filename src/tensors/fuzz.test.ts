import { expect, it } from "vitest";
import { fuzzed, mutated, outcomeOf } from "./testing/mutations.ts";

/** Files per reader; `npm run fuzz` takes more. */
const COUNT = Number(process.env.XUMX_FUZZ ?? 3000);
const HOUR = 3600_000;

it.each(["pth", "safetensors"] as const)(
  "changed %s files end in tensors or in a typed error, and ask for little memory",
  (name) => {
    const { make, read } = fuzzed[name];
    const counts: Record<string, number> = {};
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    for (let seed = 0; seed < COUNT; seed++) {
      const bytes = make(seed);
      const outcome = outcomeOf(() => read(bytes));
      counts[outcome] = (counts[outcome] ?? 0) + 1;
      if (seed % 100 === 0) most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    }
    console.log(`${name}: ${JSON.stringify(counts)}, ${(most / 1e6).toFixed(0)} MB of arrays`);
    expect(Object.keys(counts).sort()).toEqual(
      ["read", "weights-corrupt", "weights-mismatch"].filter((code) => counts[code]),
    );
    expect(counts["weights-corrupt"]).toBeGreaterThan(COUNT / 3);
    expect(counts.read).toBeGreaterThan(20);
    expect(most).toBeLessThan(500e6);
  },
  HOUR,
);

it("makes the same change again from the same seed, and other ones from others", () => {
  const bytes = Uint8Array.from({ length: 500 }, (_, i) => i);
  const all = Array.from({ length: 50 }, (_, seed) => mutated(bytes, seed));
  all.forEach((change, seed) => {
    expect(mutated(bytes, seed)).toEqual(change);
  });
  expect(new Set(all.map((change) => change.join())).size).toBeGreaterThan(40);
});
