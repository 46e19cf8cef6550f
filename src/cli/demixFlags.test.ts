import { Command } from "commander";
import { describe, expect, it } from "vitest";
import type { DemixSettings } from "../stems/index.ts";
import { addDemixFlags, type DemixFlags, demixSettings } from "./demixFlags.ts";
import { withCommand } from "./program.ts";

/** The flags of a command line. */
function flagsOf(...args: readonly string[]): DemixFlags {
  const command = addDemixFlags(new Command())
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  return command.parse(args, { from: "user" }).opts();
}

const settingsOf = (...args: readonly string[]) => demixSettings(flagsOf(...args));

describe("flags of demix", () => {
  it.each<[string, DemixSettings]>([
    ["", { format: { container: "wav", encoding: "float32" }, tags: true }],
    ["--depth int16", { format: { container: "wav", encoding: "int16" }, tags: true }],
    ["-f flac --no-tags", { format: { container: "flac", encoding: "int24" }, tags: false }],
    ["-f flac --depth input", { format: { container: "flac", encoding: "input" }, tags: true }],
    ["-f mp3", { format: { container: "mp3", bitrate: 256 }, tags: true }],
    ["-f mp3 --bitrate 320k", { format: { container: "mp3", bitrate: 320 }, tags: true }],
    ["-f opus --bitrate 96000", { format: { container: "opus", bitrate: 96 }, tags: true }],
  ])("%s", (line, settings) => {
    expect(settingsOf(...line.split(" ").filter((word) => word !== ""))).toEqual(settings);
  });

  it.each<[string, DemixSettings]>([
    ["--stems vocals,bass", { stems: ["vocals", "bass"] }],
    ["--stems vocals", { stems: ["vocals"] }],
    ["--two-stems drums", { twoStems: "drums" }],
    ["--residual --mono", { residual: true, mono: true }],
    ["--sum-to-mix --clip-mode clamp", { sumToMix: true, clip: "clamp" }],
    ["--start 90 --duration 0.5", { start: 90, duration: 0.5 }],
    ["--start 1:02 --duration 1:00:00.25", { start: 62, duration: 3600.25 }],
    ["--start 61:05.5", { start: 3665.5 }],
  ])("%s", (line, settings) => {
    expect(settingsOf(...line.split(" "))).toMatchObject(settings);
  });

  it("of the phase", () => {
    expect(flagsOf().phase).toBeUndefined();
    expect(flagsOf("--phase", "mix,normalised").phase).toEqual({ method: "mix", normalised: true });
  });

  it.each([
    "--nope",
    "--threads 0",
    "--threads 1.5",
    "--threads two",
    "--jobs 0",
    "--runtime gpu",
    "--device tpu",
    "--chunk-size -4",
    "--stems vocals,piano",
    "--stems ,",
    "--two-stems piano",
    "--format aac",
    "--depth int8",
    "--bitrate loud",
    "--start soon",
    "--start 1:60",
    "--start -1",
    "--start 1:2:3:4",
    "--clip-mode hope",
    "--phase random",
    "--two-stems bass --residual",
    "--two-stems bass --stems drums",
    "--two-stems bass --sum-to-mix",
    "--residual --sum-to-mix",
    "--json --quiet",
    "--quiet --verbose",
  ])("refuses %s", (line) => {
    expect(() => flagsOf(...line.split(" "))).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^commander\./) }),
    );
  });

  it.each([
    ["--bitrate 128", /--bitrate/],
    ["--format flac --bitrate 128", /--bitrate/],
    ["--format mp3 --depth int16", /--depth/],
    ["--format flac --depth float32", /float32/],
    ["--format flac --clip-mode none", /--clip-mode none/],
    ["--depth int16 --clip-mode none", /--clip-mode none/],
    ["--duration 0", /--duration/],
  ])("does not put up with %s", (line, message) => {
    expect(() => settingsOf(...line.split(" "))).toThrow(
      expect.objectContaining({
        code: "invalid-argument",
        message: expect.stringMatching(message),
      }),
    );
  });
});

it("leaves the gate to the model unless it is asked for", () => {
  expect(flagsOf().gate).toBeUndefined();
  expect(flagsOf("--gate").gate).toBe(true);
  expect(flagsOf("--no-gate").gate).toBe(false);
});

describe("the command may be left out", () => {
  const there = (path: string) => path === "song";

  it.each(["song.wav", "song", "music/", "*.flac", "-", "--two-stems vocals song.wav", ".."])(
    "before %s",
    (line) => {
      const args = line.split(" ");
      expect(withCommand(args, there)).toEqual(["demix", ...args]);
    },
  );

  it.each(["demix song.wav", "models", "help", "--help", "-h", "--version", "-V", "nonsense"])(
    "but not before %s",
    (line) => {
      const args = line.split(" ");
      expect(withCommand(args, there)).toEqual(args);
    },
  );

  it("nor where there is nothing", () => {
    expect(withCommand([], there)).toEqual([]);
  });
});
