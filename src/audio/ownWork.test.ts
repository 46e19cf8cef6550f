import { describe, expect, it } from "vitest";
import { noiseSource } from "../testing/noise.ts";
import type { OutputFormat } from "./outputFormat.ts";
import { isOwnWork, OWN_WORK_BYTES } from "./ownWork.ts";
import { encoded } from "./testing/encoding.ts";
import { flacFixtures, mp3Fixtures, oggFixtures } from "./testing/signals.ts";
import { encodeWav } from "./testing/wavEncoder.ts";

const formats: readonly OutputFormat[] = [
  { container: "wav", encoding: "float32" },
  { container: "wav", encoding: "int16" },
  { container: "wav", encoding: "int24" },
  { container: "flac", encoding: "int16" },
  { container: "mp3", bitrate: 64 },
  { container: "mp3", bitrate: 320 },
  { container: "opus", bitrate: 96 },
];

describe("our own work", () => {
  it.each(formats.flatMap((format) => [1, 2].map((channels) => ({ format, channels }))))(
    "is known in every format: $format of $channels channels",
    async ({ format, channels }) => {
      const next = noiseSource(2);
      const samples = Array.from({ length: channels }, () =>
        Float32Array.from({ length: 5000 }, () => 0.1 * next()),
      );
      for (const sampleRate of [22050, 44100]) {
        for (const tags of [
          {},
          { title: "x".repeat(9000), artist: "y", comment: "z".repeat(9000) },
        ]) {
          const bytes = await encoded(format, { sampleRate, channels }, samples, { tags });
          expect(isOwnWork(bytes.subarray(0, OWN_WORK_BYTES))).toBe(true);
        }
      }
    },
  );

  it("is not that of others", () => {
    const wavs = [{}, { format: "float32" } as const].map((o) => encodeWav([[0, 0.5]], o));
    const others = [flacFixtures, mp3Fixtures, oggFixtures].flatMap((all) =>
      Object.values(all).map(({ bytes }) => bytes),
    );
    for (const bytes of [...wavs, ...others, new Uint8Array(0), new Uint8Array(9)]) {
      expect(isOwnWork(bytes)).toBe(false);
    }
  });
});
