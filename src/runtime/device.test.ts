import { describe, expect, it } from "vitest";
import { GraphBuilder, writeOnnx } from "../graph/index.ts";
import { chosenDevice, type Device, type DevicePreference } from "./device.ts";
import { type Importer, loadRuntime } from "./load.ts";

function identity(): Uint8Array {
  const b = new GraphBuilder("g");
  b.output("y", b.relu(b.input("x", [1, "n"])));
  return writeOnnx(b.build());
}

/** What the fake package was asked for. */
interface Asked {
  options?: {
    executionProviders: readonly string[];
    extra: { session: { disable_cpu_ep_fallback: string } };
  };
  logLevel?: string;
}

/** A native package built with these backends, whose sessions fail as `failure` says. */
function nativeWith(backends: readonly string[], failure?: string): [Importer, Asked] {
  const asked: Asked = {};
  const package_ = {
    env: {
      versions: { common: "1", node: "1" },
      set logLevel(level: string) {
        asked.logLevel = level;
      },
    },
    Tensor: class {},
    listSupportedBackends: () => backends.map((name) => ({ name, bundled: name !== "cuda" })),
    InferenceSession: {
      async create(_: Uint8Array, options: Asked["options"]) {
        if (options) asked.options = options;
        if (failure !== undefined) throw new Error(failure);
        return { inputNames: ["x"], outputNames: ["y"], release: async () => {} };
      },
    },
  };
  return [async () => package_, asked];
}

async function attempt(importer: Importer | undefined, device: DevicePreference, wasm = false) {
  const runtime = await loadRuntime(wasm ? "wasm" : "native", importer);
  return runtime.createSession(identity(), { threads: 1, device });
}

describe("a device", () => {
  it("is the processor unless another one is named", () => {
    expect(chosenDevice()).toBe("cpu");
    expect(chosenDevice("auto")).toBe("cpu");
    expect(chosenDevice("cuda")).toBe("cuda");
  });

  it("is offered if the native package was built with it", async () => {
    const devicesOf = async (...backends: string[]) =>
      (await loadRuntime("native", nativeWith(backends)[0])).devices;
    expect(await devicesOf("cpu", "webgpu", "cuda", "tensorrt")).toEqual(["cpu", "webgpu", "cuda"]);
    expect(await devicesOf("cpu", "dml", "webgpu")).toEqual(["cpu", "webgpu"]);
    expect(await devicesOf()).toEqual(["cpu"]);
    expect((await loadRuntime("wasm")).devices).toEqual(["cpu"]);
  });

  it.each<[DevicePreference, Device]>([
    ["auto", "cpu"],
    ["cpu", "cpu"],
    ["webgpu", "webgpu"],
    ["cuda", "cuda"],
  ])("%s is the only one that runs a session, and is reported: %s", async (asked, device) => {
    const [importer, seen] = nativeWith(["cpu", "webgpu", "cuda"]);
    const session = await attempt(importer, asked);
    expect(session.device).toBe(device);
    expect(seen.options?.executionProviders).toEqual([device]);
    expect(seen.options?.extra.session.disable_cpu_ep_fallback).toBe(device === "cpu" ? "0" : "1");
    expect(seen.logLevel).toBe(device === "cpu" ? undefined : "fatal");
  });

  it("that the package was not built with is refused, naming those there are", async () => {
    await expect(attempt(nativeWith(["cpu", "webgpu"])[0], "cuda")).rejects.toMatchObject({
      name: "RuntimeError",
      code: "device-unavailable",
      message: "onnxruntime-node on this platform cannot compute on cuda, only on cpu and webgpu.",
      hint: "Use the device cpu or webgpu.",
    });
  });

  it.each<[Device, string, RegExp, RegExp]>([
    [
      "cuda",
      "OrtSessionOptionsAppendExecutionProvider_Cuda: Failed to load shared library",
      /^The network cannot run on the device cuda: Failed to load shared library\.$/,
      /CUDA 12.*device cpu/,
    ],
    [
      "webgpu",
      "/src/webgpu_context.cc:136 Initialize(a b)::<lambda()> adapter was false. Failed to get a WebGPU adapter: none\n",
      /^The network cannot run on the device webgpu: Failed to get a WebGPU adapter: none\.$/,
      /Vulkan.*device cpu/,
    ],
  ])("%s that does not work here says why and what would", async (device, why, message, hint) => {
    await expect(attempt(nativeWith(["cpu", device], why)[0], device)).rejects.toMatchObject({
      code: "device-unavailable",
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    });
  });

  it("other than the processor is refused by WebAssembly, and leaves it usable", async () => {
    await expect(attempt(undefined, "webgpu", true)).rejects.toMatchObject({
      code: "device-unavailable",
      hint: expect.stringMatching(/npm install onnxruntime-node/),
    });
    const session = await attempt(undefined, "auto", true);
    expect(session.device).toBe("cpu");
    await session.close();
  });

  it("cuda is honest with the real package: it computes on it, or says why not", async () => {
    const outcome = await attempt(undefined, "cuda").then(
      async (session) => {
        const { y } = await session.run({ x: { dims: [1, 2], data: Float32Array.of(-1, 2) } });
        await session.close();
        return [session.device, ...y.data].join();
      },
      (error: unknown) => error,
    );
    if (typeof outcome === "string") expect(outcome).toBe("cuda,0,2");
    else expect(outcome).toMatchObject({ code: "device-unavailable" });
  });
});
