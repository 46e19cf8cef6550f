import { describe, expect, it } from "vitest";
import { XumxError } from "../errors.ts";
import { fuzzedDecoders } from "./testing/mutations.ts";

const expectedCodes = ["corrupt-audio", "unsupported-audio", "empty-audio", "not-audio"];

describe.each(Object.entries(fuzzedDecoders))("damaged files: %s", (name, { make, read }) => {
  it("end in samples or in a typed error", async () => {
    const counts: Record<string, number> = {};
    for (let seed = 0; seed < 60; seed++) {
      const result = await read(make(seed)).then(
        () => "read",
        (error: unknown) => {
          if (error instanceof XumxError && expectedCodes.includes(error.code)) return error.code;
          throw new Error(`seed ${seed}: ${error}`, { cause: error });
        },
      );
      counts[result] = (counts[result] ?? 0) + 1;
    }
    console.log(`${name}: ${JSON.stringify(counts)}`);
    expect(Object.keys(counts).length).toBeGreaterThan(name === "id3v2" ? 0 : 1);
  });
});
