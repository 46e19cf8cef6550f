import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ArgumentError, RuntimeError } from "../errors.ts";
import { GraphBuilder, writeOnnx } from "../graph/index.ts";
import { capabilities } from "./capabilities.ts";
import { type Importer, loadRuntime } from "./load.ts";
import { installLine } from "./nativePackage.ts";
import type { FloatTensor, Runtime } from "./runtime.ts";

/** y = 2x and z = max(x, 0) for x of [1, n]. */
function doubling(): Uint8Array {
  const b = new GraphBuilder("doubling");
  const x = b.input("x", [1, "n"]);
  b.output("y", b.add(x, x));
  b.output("z", b.relu(x));
  return writeOnnx(b.build());
}

const row = (...values: number[]): FloatTensor => ({
  dims: [1, values.length],
  data: Float32Array.from(values),
});

const missing: Importer = async (name) => {
  if (name === "onnxruntime-web") return import("onnxruntime-web");
  throw Object.assign(new Error(`Cannot find package '${name}'`), { code: "ERR_MODULE_NOT_FOUND" });
};
const broken: Importer = async (name) => {
  if (name === "onnxruntime-web") return import("onnxruntime-web");
  throw new Error("libonnxruntime.so.1: cannot open shared object file\nRequire stack: ...");
};
const nothing: Importer = async () => {
  throw Object.assign(new Error("Cannot find package"), { code: "ERR_MODULE_NOT_FOUND" });
};

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

it("the line that brings the native runtime names the version that this package is for", () => {
  const manifest = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  const { optionalDependencies } = JSON.parse(manifest);
  expect(installLine).toContain(` onnxruntime-node@${optionalDependencies["onnxruntime-node"]} `);
});

describe("the choice of a runtime", () => {
  it("is native where it loads, without a notice", async () => {
    const runtime = await loadRuntime("auto");
    expect(runtime.name).toBe("native");
    expect(runtime.version).toMatch(/^\d+\.\d+/);
    expect(runtime.notice).toBeUndefined();
  });

  it.each([
    ["is not installed", missing, /not installed/],
    ["does not load", broken, /does not load: libonnxruntime/],
  ])(
    "falls back to WASM where the native one %s, saying what to type",
    async (_, importer, why) => {
      const runtime = await loadRuntime("auto", importer);
      expect(runtime.name).toBe("wasm");
      expect(runtime.notice).toMatch(why);
      expect(runtime.notice).toContain(installLine);
      expect(runtime.notice).not.toMatch(/\n/);
      await using session = await runtime.createSession(doubling(), { threads: 1 });
      expect([...(await session.run({ x: row(1, -2) })).y.data]).toEqual([2, -4]);
    },
  );

  it.each([
    ["native", missing],
    ["native", broken],
    ["wasm", nothing],
    ["auto", nothing],
  ] as const)("fails with a hint when %s cannot be had", async (preference, importer) => {
    const error = await failure(loadRuntime(preference, importer));
    expect(error).toBeInstanceOf(RuntimeError);
    expect(error).toMatchObject({
      code: "runtime-unavailable",
      hint: expect.stringContaining("npm install"),
    });
  });

  it("refuses a package that is no ONNX Runtime", async () => {
    const error = await failure(loadRuntime("wasm", async () => ({ default: {} })));
    expect(error).toMatchObject({ code: "runtime-unavailable" });
  });
});

describe("capabilities", () => {
  it("tell both runtimes and the machine as they are", async () => {
    const report = await capabilities();
    expect(report.native).toMatchObject({ available: true });
    expect(report.wasm).toMatchObject({ available: true });
    expect(report.devices).toContain("cpu");
    expect(report.threads).toBeGreaterThanOrEqual(1);
    expect(report.sharedMemory).toBe(true);
    expect(report.platform).toContain(process.versions.node);
  });

  it("tell why a runtime is missing", async () => {
    const { native, wasm, devices } = await capabilities(broken);
    expect(devices).toEqual(["cpu"]);
    expect((await capabilities(nothing)).devices).toEqual([]);
    expect(native).toMatchObject({
      available: false,
      reason: expect.stringMatching(/does not load/),
    });
    expect(wasm).toMatchObject({ available: true });
  });
});

describe.each(["native", "wasm"] as const)("a %s session", (preference) => {
  const open = async () => {
    const runtime: Runtime = await loadRuntime(preference);
    return runtime.createSession(doubling(), { threads: 1 });
  };

  it("names its inputs, outputs and threads", async () => {
    await using session = await open();
    expect(session.inputs).toEqual(["x"]);
    expect(session.outputs).toEqual(["y", "z"]);
    expect(session.threads).toBe(1);
  });

  it.each([false, true])(
    "reads and writes views of WebAssembly memory (shared: %s)",
    async (shared) => {
      const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared });
      const input = { dims: [1, 3], data: new Float32Array(memory.buffer, 64, 3) };
      const output = { dims: [1, 3], data: new Float32Array(memory.buffer, 128, 3) };
      input.data.set([1, -2, 3]);
      await using session = await open();
      const results = await session.run({ x: input }, { y: output });
      expect(results.y).toBe(output);
      expect([...new Float32Array(memory.buffer, 124, 5)]).toEqual([0, 2, -4, 6, 0]);
      expect([...results.z.data]).toEqual([1, 0, 3]);
      expect([...input.data]).toEqual([1, -2, 3]);
    },
  );

  it("takes another number of frames at each run", async () => {
    await using session = await open();
    for (const length of [1, 5, 2]) {
      const { y } = await session.run({ x: row(...Array(length).fill(1)) });
      expect(y.dims).toEqual([1, length]);
    }
  });

  it.each([
    ["a missing feed", {}, {}],
    ["a misshapen feed", { x: { dims: [2, 2], data: new Float32Array(4) } }, {}],
    [
      "a feed that does not fill its dimensions",
      { x: { dims: [1, 5], data: new Float32Array(4) } },
      {},
    ],
    ["a feed of no input", { x: row(1), other: row(1) }, {}],
    ["an array for an output of another size", { x: row(1, 2) }, { y: row(1, 2, 3) }],
    ["an array for no output", { x: row(1, 2) }, { other: row(1, 2) }],
  ])("refuses %s, and lives on", async (_, feeds, into) => {
    await using session = await open();
    const error = await failure(session.run(feeds, into));
    expect(error).toBeInstanceOf(RuntimeError);
    expect(error).toMatchObject({ code: "runtime-failed" });
    expect([...(await session.run({ x: row(4) })).y.data]).toEqual([8]);
  });

  it("finishes runs under way when closed, then refuses more", async () => {
    const session = await open();
    const run = session.run({ x: row(1) });
    await Promise.all([session.close(), session.close()]);
    expect([...(await run).y.data]).toEqual([2]);
    expect(await failure(session.run({ x: row(1) }))).toMatchObject({ code: "closed" });
    await session.close();
  });

  it.each([
    ["no bytes", new Uint8Array(0)],
    ["bytes that are no model", Uint8Array.of(1, 2, 3)],
    ["a model cut off", doubling().subarray(0, 60)],
  ])("cannot be made of %s", async (_, model) => {
    const runtime = await loadRuntime(preference);
    const error = await failure(runtime.createSession(model, { threads: 1 }));
    expect(error).toMatchObject({ name: "RuntimeError", code: "runtime-failed" });
  });

  it.each([0, -1, 1.5, Number.NaN])("cannot have %s threads", async (threads) => {
    const runtime = await loadRuntime(preference);
    expect(await failure(runtime.createSession(doubling(), { threads }))).toBeInstanceOf(
      ArgumentError,
    );
  });
});
