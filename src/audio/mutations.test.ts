import { describe, expect, it } from "vitest";
import { XumxError } from "../errors.ts";
import { fuzzedDecoders } from "./testing/mutations.ts";

/** Files per decoder; `npm run fuzz` takes many more. */
const COUNT = Number(process.env.XUMX_FUZZ ?? 60);
const MOST_MEMORY = 2e9;
const HOUR = 3600_000;

const expectedCodes = ["corrupt-audio", "unsupported-audio", "empty-audio", "not-audio"];

describe.each(Object.entries(fuzzedDecoders))("damaged files: %s", (name, { make, read }) => {
  it("end in samples or in a typed error", { timeout: HOUR }, async () => {
    const counts: Record<string, number> = {};
    let slowest = 0;
    for (let seed = 0; seed < COUNT; seed++) {
      const start = performance.now();
      const result = await read(make(seed)).then(
        () => "read",
        (error: unknown) => {
          if (error instanceof XumxError && expectedCodes.includes(error.code)) return error.code;
          throw new Error(`seed ${seed}: ${error}`, { cause: error });
        },
      );
      counts[result] = (counts[result] ?? 0) + 1;
      slowest = Math.max(slowest, performance.now() - start);
    }
    const memory = process.resourceUsage().maxRSS * 1024;
    console.log(
      `${name}: ${JSON.stringify(counts)}, slowest ${slowest.toFixed(0)} ms, peak of the process ${(memory / 1e6).toFixed(0)} MB`,
    );
    expect(memory).toBeLessThan(MOST_MEMORY);
    expect(Object.keys(counts).length).toBeGreaterThan(name === "id3v2" ? 0 : 1);
  });
});
