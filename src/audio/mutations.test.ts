import { describe, expect, it } from "vitest";
import { XumxError } from "../errors.ts";
import { fuzzedDecoders, type Reading } from "./testing/mutations.ts";

/** Files per decoder; `npm run fuzz` takes many more. */
const COUNT = Number(process.env.XUMX_FUZZ ?? 60);
const MOST_MEMORY = 2e9;
/** No file takes so long, on however busy a machine: it is taken for a hang. */
const HANG = 60_000;
const HOUR = 3600_000;

const expectedCodes = ["corrupt-audio", "unsupported-audio", "empty-audio", "not-audio"];
/** Bytes that may get lost without a word: part of a frame, where a changed head makes frames longer. */
const allowed: Readonly<Record<string, number>> = { wav: 15, aiff: 15 };
/** Those that read what they can, and say nothing. */
const silent = ["id3v2", "mp4Tags"];

describe.each(Object.entries(fuzzedDecoders))("damaged files: %s", (name, decoder) => {
  const { original, make, mayLose, read } = decoder;
  it("end in as many samples as were told and are there, or in a notice or a typed error", {
    timeout: HOUR,
  }, async () => {
    const counts: Record<string, number> = {};
    const wholes = new Map<Uint8Array, Reading>();
    let slowest = 0;
    for (let seed = 0; seed < COUNT; seed++) {
      const start = performance.now();
      const result = await read(make(seed), seed).then(
        async (reading) => {
          if (reading.notices.length > 0) return "read with notices";
          if (reading.said !== undefined && reading.said !== reading.read) {
            const { said, read: came } = reading;
            throw new Error(`seed ${seed}: ${came} of ${said} samples came, without a word`);
          }
          if (mayLose(seed)) return "read";
          const file = original(seed);
          const whole = wholes.get(file) ?? (await read(file, 0));
          wholes.set(file, whole);
          const lost = whole.amount - reading.amount;
          if (whole.coding === reading.coding && lost > (allowed[name] ?? 0)) {
            throw new Error(`seed ${seed}: ${lost} of ${whole.amount} got lost, without a word`);
          }
          return "read";
        },
        (error: unknown) => {
          if (error instanceof XumxError && expectedCodes.includes(error.code)) return error.code;
          throw new Error(`seed ${seed}: ${error}`, { cause: error });
        },
      );
      counts[result] = (counts[result] ?? 0) + 1;
      const time = performance.now() - start;
      if (time > HANG) throw new Error(`seed ${seed} takes ${time.toFixed(0)} ms`);
      slowest = Math.max(slowest, time);
    }
    const memory = process.resourceUsage().maxRSS * 1024;
    console.log(
      `${name}: ${JSON.stringify(counts)}, slowest ${slowest.toFixed(0)} ms, peak of the process ${(memory / 1e6).toFixed(0)} MB`,
    );
    expect(memory).toBeLessThan(MOST_MEMORY);
    expect(Object.keys(counts).length).toBeGreaterThan(silent.includes(name) ? 0 : 1);
  });
});
