/** The scoring commands as they are installed: built, in processes and worker threads of their own. */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createAudioWriter, floatWav } from "../audio/index.ts";
import { targets } from "../networks/index.ts";

const main = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
const root = mkdtempSync(join(tmpdir(), "xumx-cli-evaluate-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const data = join(root, "data");

function run(args: readonly string[], stopAt?: RegExp) {
  const child = spawn(process.execPath, [main, ...args]);
  let stdout = "";
  let stderr = "";
  let stopped = false;
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    if (!stopped && stopAt?.test(stderr)) stopped = child.kill("SIGINT");
  });
  return new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}

beforeAll(async () => {
  for (const [s, song] of ["a", "b", "c"].entries()) {
    for (const [j, target] of targets.entries()) {
      const path = join(data, "train", song, `${target}.wav`);
      const writer = await createAudioWriter(path, { sampleRate: 44100, channels: 2 }, floatWav);
      const channel = (c: number) =>
        Float32Array.from({ length: 60000 }, (_, i) => {
          const frequency = (s + 1) * (j + 2) ** 2 * 9 + c;
          return 0.1 * Math.sin((i * frequency) / 7000) * Math.cos(i / (900 + 70 * j));
        });
      await writer.write([channel(0), channel(1)]);
      await writer.close();
    }
  }
});

describe.skipIf(!existsSync(main))("the command evaluate", () => {
  const evaluate = (out: string, ...more: readonly string[]) => [
    ...["evaluate", "--data", data, "--split", "train", "--out", join(root, out)],
    ...["--method", "mixture", "mix-phase", "--transform", "bark-64-40", ...more],
  ];

  it("gives the same files with any number of jobs, and aggregate the same tables", async () => {
    const [one, two] = await Promise.all([
      run(evaluate("one", "--jobs", "1")),
      run(evaluate("two", "--jobs", "2")),
    ]);
    expect(one.stderr).not.toMatch(/Error/);
    expect([one.code, two.code]).toEqual([0, 0]);
    expect(one.stdout).toMatch(/cSDR/);
    expect(two.stdout).toBe(one.stdout);
    for (const method of ["mixture", "mix-phase@bark-64-40"]) {
      const names = readdirSync(join(root, "one", method)).sort();
      expect(names).toEqual(["a.json", "b.json", "c.json"]);
      for (const name of names) {
        const [first, second] = ["one", "two"].map((out) =>
          readFileSync(join(root, out, method, name), "utf8"),
        );
        expect(second).toBe(first);
      }
    }
    const folders = ["mixture", "mix-phase@bark-64-40"].map((method) => join(root, "one", method));
    const [csv, png] = [join(root, "x.csv"), join(root, "plots", "x.png")];
    const table = await run([
      "aggregate",
      ...folders,
      "--csv",
      csv,
      "--png",
      png,
      "--metric",
      "uSDR",
    ]);
    expect(table.stdout).toBe(one.stdout);
    expect(readFileSync(csv, "utf8").split("\r\n")).toHaveLength(2 * 3 * 4 + 2);
    expect(readFileSync(png).subarray(1, 4).toString()).toBe("PNG");
  });

  it("ends threads and leaves only whole files when interrupted", async () => {
    const stopped = await run(evaluate("stopped", "--jobs", "2"), /mixture/);
    expect(stopped.code).toBe(130);
    const files = readdirSync(join(root, "stopped"), { recursive: true, encoding: "utf8" });
    expect(files.filter((name) => name.endsWith(".part"))).toEqual([]);
    const again = await run(evaluate("stopped", "--jobs", "1"));
    expect(again.code).toBe(0);
    expect(again.stderr.trim().split("\n").length).toBeLessThan(6);
  });

  it("scores what it can and fails by name for what it cannot", async () => {
    const broken = join(root, "data", "train", "broken");
    const shape = { sampleRate: 44100, channels: 2 };
    const writer = await createAudioWriter(join(broken, "bass.wav"), shape, floatWav);
    await writer.write([new Float32Array(10), new Float32Array(10)]);
    await writer.close();
    writeFileSync(join(broken, "drums.wav"), "not audio");
    const result = await run(evaluate("one"));
    rmSync(broken, { recursive: true });
    expect(result.code).toBe(1);
    expect(result.stderr).toMatch(/broken.*drums\.wav/);
    expect(result.stdout).toMatch(/^mixture +3 /m);
  });
});

describe.skipIf(!existsSync(main))("the command slicq-search", () => {
  it("shows every trial and the best, and scores single transforms", async () => {
    const common = ["slicq-search", "--data", data, "--oracle", "mix-phase"];
    const found = await run([...common, "--bins", "20,60", "--iterations", "2", "--per-target"]);
    expect(found.code).toBe(0);
    expect(found.stdout).toMatch(/best mean of targets:\n(bark|mel|cqlog)-\d+/);
    expect(found.stdout).toMatch(/best drums:/);
    const single = await run([...common, "--single", "stft-1024-256-hann"]);
    expect(single.stdout).toMatch(/^stft-1024-256-hann +-?\d+\.\d\d/m);
  });
});
