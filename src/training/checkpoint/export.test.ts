import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readZipDirectory } from "../../bytes/zip.ts";
import { loadModel, type Model } from "../../models/index.ts";
import { targets } from "../../networks/index.ts";
import { loadRuntime } from "../../runtime/index.ts";
import { readPth } from "../../tensors/index.ts";
import { agreement } from "../../testing/golden.ts";
import { initialState } from "../loop/initialState.ts";
import { originalRecipe, recipeArchitecture } from "../loop/recipe.ts";
import { exportModel, readCheckpoint, writeCheckpoint, writeTorchFile } from "./index.ts";

const root = mkdtempSync(join(tmpdir(), "xumx-export-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const scale = { name: "mel", bins: 10, fmin: 200, gamma: 0 } as const;
const recipe = { ...originalRecipe, scale, realtime: true, hidden: [3, 4], timeTaps: 2 } as const;
const model: Model = {
  config: {
    family: "xumx-slicq-v2",
    name: "small",
    scale,
    realtime: true,
    sampleRate: 44100,
    targets,
    training: { epochs: 7, bestEpoch: 5, bestLoss: 0.25, batchSize: 4 },
  },
  state: initialState(recipeArchitecture(recipe), 1),
};

describe("initial weights", () => {
  it("are the same for a seed, spread as they should be, and others for another", () => {
    expect(initialState(recipeArchitecture(recipe), 1)).toEqual(model.state);
    const wide = initialState(recipeArchitecture({ ...recipe, hidden: [40, 41] }), 2);
    const weight = wide.get("sliced_umx.0.cdaes.1.6.weight");
    // Uniform within ±1/√(40·1·2): the second axis counts, of this transposed convolution [41, 40, 1, 2] too.
    const values = Array.from(weight?.data ?? [], Number);
    const bound = 1 / Math.sqrt(80);
    expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(Math.fround(bound));
    const power = values.reduce((sum, x) => sum + x * x, 0) / values.length;
    expect(Math.abs(power / (bound ** 2 / 3) - 1)).toBeLessThan(0.05);
    expect(wide.get("sliced_umx.0.cdaes.0.1.running_var")?.data[0]).toBe(1);
    expect(wide.get("sliced_umx.0.cdaes.0.1.bias")?.data[0]).toBe(0);
  });
});

describe("a model", () => {
  it("comes back from safetensors bit for bit, and in half precision nearly", async () => {
    const out = join(root, "full.safetensors");
    expect(await exportModel(model, { format: "safetensors", out })).toEqual([out]);
    const full = await loadModel(out);
    expect(full.state).toEqual(model.state);
    expect(full.config).toEqual(model.config);
    const half = join(root, "half.safetensors");
    await exportModel(model, { format: "safetensors-f16", out: half, name: "h", licence: "free" });
    const { state, config } = await loadModel(half);
    expect(config).toMatchObject({ name: "h", licence: "free" });
    for (const [name, { data, shape }] of model.state) {
      const read = state.get(name)?.data ?? [];
      if (shape.length !== 4) expect(read).toEqual(data);
      else
        expect(agreement(Array.from(data, Number), Array.from(read, Number))).toBeGreaterThan(65);
    }
  });

  it("comes back from the original's two files", async () => {
    const out = join(root, "pth", "xumx_slicq_v2.pth");
    const written = await exportModel(model, { format: "pth", out, licence: "CC0" });
    expect(written).toEqual([out, join(root, "pth", "xumx_slicq_v2.json")]);
    const read = await loadModel(join(root, "pth"));
    expect(read.state).toEqual(model.state);
    expect([...read.state.keys()]).toEqual([...model.state.keys()]);
    expect(read.config).toMatchObject({ realtime: true, scale: { ...scale, gamma: 15 } });
    expect(read.config.training).toMatchObject({ epochs: 7, bestLoss: 0.25 });
    expect(read.config.licence).toBe("CC0");
  });

  it("runs as ONNX", async () => {
    const out = join(root, "model.onnx");
    await exportModel(model, { format: "onnx", out });
    const runtime = await loadRuntime("auto");
    await using session = await runtime.createSession(readFileSync(out), { threads: 1 });
    expect(session.outputs).toContain("mask0");
  });

  it("of the scale vqlog is not given to the original, which would run another one", async () => {
    const config = { ...model.config, scale: { ...scale, name: "vqlog" } } as const;
    const out = join(root, "vqlog.pth");
    // Its blocks differ, too: the tensors do not fit.
    await expect(exportModel({ ...model, config }, { format: "pth", out })).rejects.toThrow();
    expect(existsSync(out)).toBe(false);
  });
});

describe("a PyTorch file", () => {
  it("has contents at multiples of 64 bytes, as PyTorch wants them", () => {
    const bytes = writeTorchFile(model.state, "some name ü");
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    const entries = readZipDirectory(bytes);
    expect(entries.size).toBe(model.state.size + 3);
    for (const { offset, method } of entries.values()) {
      const start =
        offset + 30 + view.getUint16(offset + 26, true) + view.getUint16(offset + 28, true);
      expect(start % 64).toBe(0);
      expect(method).toBe("stored");
    }
    expect(readPth(bytes)).toEqual(model.state);
  });

  const python = pythonWithTorch();
  it.skipIf(!python)("is opened by PyTorch itself", () => {
    const path = join(root, "torch.pth");
    writeFileSync(path, writeTorchFile(model.state, "torch"));
    const program =
      "import torch, sys\n" +
      "d = torch.load(sys.argv[1], map_location='cpu')\n" +
      "print(type(d).__name__, len(d), sum(float(v.double().abs().sum()) for v in d.values()))";
    const printed = String(execFileSync(python ?? "", ["-c", program, path]))
      .trim()
      .split(" ");
    let sum = 0;
    for (const { data } of model.state.values()) for (const x of data) sum += Math.abs(Number(x));
    expect(printed.slice(0, 2)).toEqual(["OrderedDict", String(model.state.size)]);
    expect(Math.abs(Number(printed[2]) / sum - 1)).toBeLessThan(1e-12);
  });
});

function pythonWithTorch(): string | undefined {
  return ["/usr/bin/python3", "python3"].find((name) => {
    try {
      execFileSync(name, ["-c", "import torch"], { stdio: "ignore" });
      return true;
    } catch {
      return false;
    }
  });
}

describe("a checkpoint", () => {
  const mean = Float32Array.of(1, 2, 3);

  it("comes back with its arrays and facts, and counts as a model", async () => {
    const path = join(root, "checkpoint.safetensors");
    const facts = { version: 1, loss: 0.1 + 0.2 };
    await writeCheckpoint(path, { ...model, arrays: new Map([["mean", mean]]), facts });
    const read = await readCheckpoint(path);
    expect(read?.state).toEqual(model.state);
    expect(read?.arrays).toEqual(new Map([["mean", mean]]));
    expect(read?.facts).toEqual(facts);
    expect((await loadModel(path)).state).toEqual(model.state);
    expect(await readCheckpoint(join(root, "none.safetensors"))).toBeUndefined();
  });
});
