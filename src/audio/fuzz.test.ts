import { describe, expect, it } from "vitest";
import { flacFixtures, mp3Fixtures, mutated, noiseGenerator, outcome } from "./testing/signals.ts";
import { encodeWav } from "./testing/wavEncoder.ts";

const noise = noiseGenerator(4);
const wavs = (["uint8", "int16", "int24", "float64"] as const).map((format, i) =>
  encodeWav(
    [0, 1].map(() => Array.from({ length: 500 }, () => Math.floor(noise() * 100))),
    {
      format,
      extensible: i % 2 === 1,
      magic: i > 1 ? "RF64" : "RIFF",
    },
  ),
);

const expectedOutcomes = [
  "decoded",
  "corrupt-audio",
  "unsupported-audio",
  "empty-audio",
  "not-audio",
];

describe.each([
  ["WAV", wavs],
  ["FLAC", Object.values(flacFixtures).map((fixture) => fixture.bytes)],
  ["MP3", Object.values(mp3Fixtures).map((fixture) => fixture.bytes)],
])("mutated %s files", (name, files) => {
  it("end in samples or in a typed error", async () => {
    const counts: Record<string, number> = {};
    for (let seed = 0; seed < 400; seed++) {
      const result = await outcome(mutated(files[seed % files.length], seed + 1));
      expect(expectedOutcomes).toContain(result);
      counts[result] = (counts[result] ?? 0) + 1;
    }
    console.log(`${name}: ${JSON.stringify(counts)}`);
    expect(counts["corrupt-audio"]).toBeGreaterThan(20);
  });
});
