import { expect, it } from "vitest";
import { fuzzed, mutated, outcomeOf } from "./testing/mutations.ts";

/** Files per reader; `npm run fuzz` takes more. */
const COUNT = Number(process.env.XUMX_FUZZ ?? 3000);
/** Most time of the processor for a file, in seconds: a good file of that size takes a thousandth. */
const MOST_SECONDS = 2;
const HOUR = 3600_000;

it.each(["pth", "stream", "safetensors"] as const)(
  "changed %s files end in tensors or in a typed error, soon, and ask for little memory",
  (name) => {
    const { make, read } = fuzzed[name];
    const counts: Record<string, number> = {};
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    let slowest = { seconds: 0, seed: 0 };
    for (let seed = 0; seed < COUNT; seed++) {
      const bytes = make(seed);
      const started = process.cpuUsage();
      const outcome = outcomeOf(() => read(bytes));
      const { user, system } = process.cpuUsage(started);
      const seconds = (user + system) / 1e6;
      if (seconds > slowest.seconds) slowest = { seconds, seed };
      counts[outcome] = (counts[outcome] ?? 0) + 1;
      if (seed % 100 === 0) most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    }
    console.log(
      `${name}: ${JSON.stringify(counts)}, ${(most / 1e6).toFixed(0)} MB of arrays, ` +
        `the slowest in ${slowest.seconds.toFixed(3)} s (seed ${slowest.seed})`,
    );
    expect(Object.keys(counts).sort()).toEqual(
      ["read", "weights-corrupt", "weights-mismatch"].filter((code) => counts[code]),
    );
    expect(counts["weights-corrupt"]).toBeGreaterThan(COUNT / 3);
    expect(counts.read).toBeGreaterThan(20);
    expect(most).toBeLessThan(500e6);
    expect(slowest.seconds, `seed ${slowest.seed}`).toBeLessThan(MOST_SECONDS);
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
