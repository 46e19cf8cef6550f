import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterAll, describe, expect, it, vi } from "vitest";
import { createAudioWriter, floatWav } from "../audio/index.ts";
import { decodePng } from "../pictures/testing/decodePng.ts";
import { addSpectrogramCommand, panelTitles } from "./spectrogram.ts";

const root = mkdtempSync(join(tmpdir(), "xumx-spectrogram-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
vi.spyOn(process.stderr, "write").mockReturnValue(true);
const printed = vi
  .spyOn(process.stdout, "write")
  .mockImplementation((...args: readonly unknown[]) => {
    const done = args.at(-1);
    if (typeof done === "function") done();
    return true;
  });

async function song(name: string, seconds = 0.5): Promise<string> {
  const path = join(root, name);
  await using writer = await createAudioWriter(path, { sampleRate: 22050, channels: 1 }, floatWav);
  const tone = Float32Array.from({ length: seconds * 22050 }, (_, i) => 0.1 * Math.sin(i / 5));
  await writer.write([tone]);
  await writer.close();
  return path;
}

async function run(...args: string[]): Promise<void> {
  const program = new Command().exitOverride().configureOutput({ writeErr: () => {} });
  addSpectrogramCommand(program);
  for (const command of program.commands)
    command.exitOverride().configureOutput({ writeErr: () => {} });
  await program.parseAsync(["spectrogram", ...args], { from: "user" });
}

describe("the command", () => {
  it("draws files into one picture of the size asked for, and prints its path", async () => {
    const output = join(root, "new", "both.png");
    const files = [await song("a.wav"), await song("b.wav", 0.25)];
    await run(
      ...files,
      "-o",
      output,
      "--width",
      "300",
      "--height",
      "260",
      "--max",
      "-10",
      "--start",
      "0:00.1",
    );
    const { width, height } = decodePng(readFileSync(output));
    expect([width, height]).toEqual([300, 260]);
    expect(printed).toHaveBeenLastCalledWith(`${output}\n`);
    expect(readdirSync(join(root, "new"))).toEqual(["both.png"]);
  });

  it("draws any scale", async () => {
    const output = join(root, "scale.png");
    const scale = ["--scale", "vqlog", "--bins", "24", "--fmin", "60", "--gamma", "30"];
    await run(await song("a.wav"), "-o", output, "--width", "200", "--height", "160", ...scale);
    expect(decodePng(readFileSync(output)).width).toBe(200);
  });

  it("writes to standard output", async () => {
    await run(await song("a.wav"), "-o", "-", "--width", "200", "--height", "160");
    const [bytes] = printed.mock.lastCall ?? [];
    expect(bytes instanceof Uint8Array && decodePng(bytes).height).toBe(160);
  });

  it("refuses other kinds of pictures, missing files and empty ones, and leaves nothing behind", async () => {
    const file = await song("a.wav");
    const before = readdirSync(root);
    await expect(run(file, "-o", join(root, "a.jpg"))).rejects.toMatchObject({
      code: "invalid-argument",
    });
    const output = join(root, "none.png");
    await expect(run(join(root, "none.wav"), "-o", output)).rejects.toMatchObject({
      code: "not-found",
    });
    writeFileSync(join(root, "empty.wav"), "");
    await expect(run(file, join(root, "empty.wav"), "-o", output)).rejects.toMatchObject({
      code: "empty-audio",
    });
    rmSync(join(root, "empty.wav"));
    await expect(run(file, "-o", join(file, "x.png"))).rejects.toMatchObject({
      code: "unwritable",
    });
    await expect(run(file, "-o", output, "--theme", "pink")).rejects.toMatchObject({
      code: "commander.invalidArgument",
    });
    await expect(run(file, "-o", output, "--range", "much")).rejects.toMatchObject({
      code: "commander.invalidArgument",
    });
    expect(readdirSync(root)).toEqual(before);
  });
});

it("panels are titled by file names, with their folders where names are the same", () => {
  expect(panelTitles(["x/mix.wav", "y/bass.wav"])).toEqual(["mix.wav", "bass.wav"]);
  expect(panelTitles(["x/bass.wav", "y/bass.wav", "a.wav"])).toEqual([
    "x/bass.wav",
    "y/bass.wav",
    "a.wav",
  ]);
  const takes = [
    "take 1/stems/bass.wav",
    "take 2/stems/bass.wav",
    "take 2/stems/bass.wav",
    "mix.wav",
  ];
  expect(panelTitles(takes)).toEqual([
    "take 1/stems/bass.wav",
    "bass.wav (1)",
    "bass.wav (2)",
    "mix.wav",
  ]);
});
