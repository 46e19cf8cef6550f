import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { sharedModel } from "../demix/testing/sharedModel.ts";
import { RuntimeError } from "../errors.ts";
import { Separator } from "../separation/index.ts";
import { type Checkup, environmentOf, isWritable } from "./checkup.ts";
import { probeDevice } from "./deviceProbe.ts";
import { checkupText } from "./doctor.ts";
import { selfTest } from "./selfTest.ts";

const root = mkdtempSync(join(tmpdir(), "xumx doctor "));
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe("the self-test", () => {
  it("measures how well the stems sum to the mix, here shares of it", async () => {
    const result = await selfTest(() => Separator.create(sharedModel()));
    expect(result).toMatchObject({ passed: true, device: "cpu" });
    if (result.passed) expect(result.decibels).toBeGreaterThan(100);
  });

  it("fails for stems that are nothing", async () => {
    const silent = async () => {
      const separator = await Separator.create(sharedModel());
      const zeros = () => [new Float32Array(44100), new Float32Array(44100)] as const;
      separator.separate = async () => ({
        ...{ bass: zeros(), vocals: zeros(), other: zeros(), drums: zeros() },
      });
      return separator;
    };
    expect(await selfTest(silent)).toMatchObject({ passed: false });
  });

  it("tells what hindered it", async () => {
    const open = async () => {
      throw new RuntimeError("runtime-unavailable", "None is there.", "Type: x");
    };
    expect(await selfTest(open)).toEqual({
      passed: false,
      reason: "None is there.",
      hint: "Type: x",
    });
  });
});

describe("the trial of a device in a program of its own", () => {
  const trial = (source: string) => {
    const program = join(root, "probe.mjs");
    writeFileSync(program, source);
    return probeDevice("webgpu", "model", program);
  };

  it("believes the last line, whatever a driver printed before", async () => {
    const good = await trial(
      `console.error("loading"); console.log("driver 3.1\\n" + JSON.stringify({ device: "webgpu", available: true }))`,
    );
    expect(good).toEqual({ device: "webgpu", available: true });
    const bad = await trial(
      `console.log(JSON.stringify({ available: false, reason: process.argv.slice(2).join() }))`,
    );
    expect(bad).toMatchObject({ available: false, reason: "webgpu,model" });
  });

  it.each([
    ["ends in a crash", `process.kill(process.pid, "SIGSEGV"); setInterval(() => {}, 1e3)`],
    ["fails", `throw new Error("no")`],
    ["says nothing", ``],
    ["says nonsense", `console.log("{}")`],
  ])("survives one that %s", async (_, source) => {
    expect(await trial(source)).toMatchObject({
      device: "webgpu",
      available: false,
      reason: expect.stringMatching(/ended the program/),
    });
  });
});

it("knows where a folder could be made", async () => {
  mkdirSync(join(root, "a"));
  writeFileSync(join(root, "file"), "");
  expect(await isWritable(join(root, "a", "b", "c"))).toBe(true);
  expect(await isWritable(join(root, "file"))).toBe(false);
  expect(await isWritable(join(root, "file", "b"))).toBe(false);
});

it("shows the variables that matter, without passwords", () => {
  const found = environmentOf({
    HTTPS_PROXY: "http://me:secret@proxy:3128/",
    XUMX_SLICQ_OFFLINE: "1",
    NO_PROXY: "",
    OTHER: "x",
  });
  expect(found).toEqual({ HTTPS_PROXY: "http://***@proxy:3128/", XUMX_SLICQ_OFFLINE: "1" });
});

const good: Checkup = {
  version: "1.2.3",
  node: "20.1.0",
  platform: "Linux 6 x64",
  processor: { model: "Some CPU", cores: 8, threads: 1, simd: true },
  memory: { total: 16e9, free: 8e9 },
  runtimes: {
    native: { available: true, version: "1.30.0" },
    wasm: { available: true, version: "1.30.0" },
  },
  devices: [
    { device: "webgpu", available: true },
    {
      device: "cuda",
      available: false,
      reason: "The network cannot run on the device cuda: Failed to load shared library.",
      hint: "CUDA needs much.",
    },
  ],
  ffmpeg: "5.1",
  cache: { path: "/c/models", writable: true, files: 1, bytes: 62.5e6 },
  models: [
    { name: "tiny", isDefault: true, place: "bundled", verdict: { kind: "good", by: "checksum" } },
  ],
  environment: { XUMX_SLICQ_OFFLINE: "1" },
  selfTest: {
    ...{ passed: true, runtime: "native", device: "cpu", loading: 0.5, separating: 0.061 },
    decibels: 19.1,
  },
};

describe("the report for people", () => {
  it("is short where all is well", () => {
    expect(checkupText(good)).toBe(`program    xumx-slicq 1.2.3, Node 20.1.0, Linux 6 x64
processor  Some CPU, 8 cores, 1 thread by default, SIMD
memory     16.0 GB, 8.0 GB free
runtime    native: ONNX Runtime 1.30.0
           WebAssembly: ONNX Runtime 1.30.0
device     cpu: yes (the default)
           webgpu: yes, if asked for by --device webgpu
           cuda: no; Failed to load shared library.
ffmpeg     5.1
cache      /c/models (writable; 1 file, 62.5 MB)
model      tiny (the default): bundled, good
variable   XUMX_SLICQ_OFFLINE=1
self-test  1 s of music separated in 0.06 s on cpu (native), loading took 0.50 s; stems sum to the mix to 19.1 dB

Separation works here.
`);
  });

  it("says what is amiss and what to do", () => {
    const missing = { available: false, reason: "It is not there.", hint: "Type: y" } as const;
    const text = checkupText({
      ...good,
      runtimes: { native: missing, wasm: missing },
      ffmpeg: null,
      cache: { ...good.cache, writable: false },
      models: [
        {
          name: "v2",
          isDefault: false,
          place: "remote",
          verdict: { kind: "bad", reason: "too short" },
        },
      ],
      selfTest: { passed: false, reason: "No runtime.", hint: "Install one." },
    });
    for (const part of [
      "runtime    native: no; It is not there.\n             Type: y\n",
      "ffmpeg     not on the PATH",
      "NOT WRITABLE: set XUMX_SLICQ_CACHE",
      "model      v2: BAD: too short; see xumx-slicq models verify",
      "self-test  FAILED: No runtime.\n             Install one.\n",
      "\nSeparation does not work here.\n",
    ]) {
      expect(text).toContain(part);
    }
    expect(text).not.toContain("cpu: yes");
  });
});
