/** `xumx-slicq live`: sound through pipes. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, it } from "vitest";
import { encodeWav } from "../src/audio/testing/wavEncoder.ts";
import { music, program } from "./testing/commandLine.ts";

interface Outcome {
  readonly code: unknown;
  readonly sound: Buffer;
  readonly text: string;
}

/** Runs it on what comes through stdin. */
async function live(input: Uint8Array, ...args: readonly string[]): Promise<Outcome> {
  const child = spawn(process.execPath, [program, "live", ...args]);
  const sound: Buffer[] = [];
  let text = "";
  child.stdout.on("data", (part: Buffer) => sound.push(part));
  child.stderr.setEncoding("utf8").on("data", (part: string) => {
    text += part;
  });
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  const [code] = await once(child, "close");
  return { code, sound: Buffer.concat(sound), text };
}

const song = music(1);
const frames = song[0].length;
const wav = encodeWav([...song], { format: "float32" });

it("gives the sum of the stems, exactly so much later as it says", async () => {
  const { code, sound, text } = await live(wav, "--json");
  expect(code).toBe(0);
  const events = text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(events[0]).toMatchObject({
    event: "start",
    sampleRate: 44100,
    channels: 2,
    latency: 3779,
  });
  expect(events.at(-1)).toMatchObject({ event: "end", seconds: 1 });
  const { latency } = events[0];
  const samples = new Float32Array(2 * (frames + latency));
  Buffer.from(samples.buffer).set(sound.subarray(sound.length - samples.byteLength));
  expect(sound.subarray(0, 4).toString("latin1")).toBe("RIFF");
  for (let i = 0; i < 2 * latency; i++) if (samples[i] !== 0) expect(samples[i]).toBe(0);
  let worst = 0;
  for (let i = 0; i < frames; i++) {
    for (const c of [0, 1]) {
      worst = Math.max(worst, Math.abs(samples[2 * (i + latency) + c] - song[c][i]));
    }
  }
  expect(worst).toBeLessThan(1e-5);
});

it("takes raw samples of any rate, and gives stems side by side in the same form", async () => {
  const raw = new Uint8Array(4 * 12000);
  const args = ["--rate", "48000", "--channels", "1", "--format", "f32"];
  const { code, sound, text } = await live(raw, ...args, "--split", "--stems", "vocals,drums");
  expect(code).toBe(0);
  const [, latency] = /48000 Hz: the output is (\d+) samples/.exec(text) ?? [];
  expect(sound.length).toBe(4 * 2 * (12000 + Number(latency)));
});

it("says what cannot be", async () => {
  expect(await live(wav, "--model", "xumx-slicq")).toMatchObject({
    code: 1,
    text: expect.stringMatching(/cannot be live.*\n.*xumx-slicq-live/),
  });
  expect(await live(wav, "--gain", "voice=0")).toMatchObject({
    code: 2,
    text: expect.stringContaining("vocals=0,drums=1.5"),
  });
  const six = encodeWav(Array.from({ length: 6 }, () => song[0]));
  expect(await live(six)).toMatchObject({ code: 1, text: expect.stringContaining("6 channels") });
});
