import { describe, expect, it, vi } from "vitest";
import { ArgumentError, AudioError } from "../errors.ts";
import { checkOutput } from "./encode.ts";
import { fileExtension, type OutputFormat } from "./outputFormat.ts";

// As where the packages are not installed.
vi.mock("wasm-media-encoders", () => {
  throw new Error("Cannot find package");
});
vi.mock("libopus-wasm", () => {
  throw new Error("Cannot find package");
});

const wav: OutputFormat = { container: "wav", encoding: "int16" };
const flac: OutputFormat = { container: "flac", encoding: "int24" };
const mp3: OutputFormat = { container: "mp3", bitrate: 192 };
const opus: OutputFormat = { container: "opus", bitrate: 128 };
const stereo = { sampleRate: 44100, channels: 2 };

describe("checkOutput", () => {
  it("passes what each format holds", async () => {
    await checkOutput(wav, { sampleRate: 1, channels: 16383 });
    await checkOutput(wav, { sampleRate: 768000, channels: 1 });
    await checkOutput(flac, { sampleRate: 655350, channels: 8 });
  });

  it.each<[OutputFormat, number, number, RegExp]>([
    [wav, 0, 2, /WAV of 0 Hz/],
    [wav, 44100.5, 2, /WAV of 44100.5 Hz/],
    [wav, Number.NaN, 2, /WAV of NaN Hz/],
    [wav, 44100, 0, /WAV of 0 channels/],
    [wav, 44100, 16384, /WAV of 16384 channels/],
    [flac, 655351, 2, /FLAC of 655351 Hz/],
    [flac, 44100, 9, /FLAC of 9 channels/],
    [mp3, 999, 2, /MP3 of 999 Hz/],
    [mp3, 44100, 3, /MP3 of 3 channels/],
    [opus, 768001, 2, /Opus of 768001 Hz/],
    [opus, 44100, 6, /Opus of 6 channels/],
    [{ container: "mp3", bitrate: 100 }, 44100, 2, /MP3 of 100 kbit/],
    [{ container: "mp3", bitrate: 640 }, 44100, 2, /MP3 of 640 kbit/],
    [{ container: "opus", bitrate: 5.9 }, 44100, 2, /Opus of 5.9 kbit/],
    [{ container: "opus", bitrate: 511 }, 44100, 2, /Opus of 511 kbit/],
    [{ container: "opus", bitrate: Number.NaN }, 44100, 2, /Opus of NaN kbit/],
  ])(
    "refuses what no file can hold: %o, %f Hz, %f channels",
    async (format, sampleRate, channels, message) => {
      const error = await checkOutput(format, { sampleRate, channels }).catch((e: unknown) => e);
      expect(error).toBeInstanceOf(ArgumentError);
      expect(error).toMatchObject({
        message: expect.stringMatching(message),
        hint: expect.any(String),
      });
    },
  );

  it("says what to type when an encoder is missing", async () => {
    for (const [format, name] of [
      [mp3, "wasm-media-encoders"],
      [opus, "libopus-wasm"],
    ] as const) {
      const error = await checkOutput(format, stereo).catch((e: unknown) => e);
      expect(error).toBeInstanceOf(AudioError);
      expect(error).toMatchObject({
        code: "unsupported-audio",
        hint: expect.stringContaining(`npm install ${name}`),
      });
    }
  });
});

it("names end as their containers", () => {
  expect([wav, flac, mp3, opus].map(fileExtension)).toEqual(["wav", "flac", "mp3", "opus"]);
});
