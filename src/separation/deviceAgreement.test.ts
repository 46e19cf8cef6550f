import { describe, expect, it } from "vitest";
import { trialFeeds } from "../networks/cdae/engine.ts";
import { mixPhase } from "../phase/index.ts";
import {
  checkAgreement,
  type FloatTensors,
  loadRuntime,
  type Runtime,
  type Session,
} from "../runtime/index.ts";
import { formulaModel } from "../testing/formulaModel.ts";
import { PieceEngine } from "./pieceEngine.ts";

import { preparedSlices } from "./testing/preparedSlices.ts";

const model = preparedSlices(formulaModel("mel-32", true));

/** The native runtime with a GPU of which each output goes through `twist`. */
async function withGpu(twist: (value: number, i: number) => number) {
  const runtime = await loadRuntime("native");
  const closed: string[] = [];
  const pretending: Runtime = {
    ...runtime,
    async createSession(onnx, { device = "cpu", ...options }) {
      const session = await runtime.createSession(onnx, options);
      const twisted: Session = {
        inputs: session.inputs,
        outputs: session.outputs,
        threads: 1,
        device: device === "auto" ? "cpu" : device,
        async run(feeds): Promise<FloatTensors> {
          const outputs = await session.run(feeds);
          if (device === "webgpu")
            for (const { data } of Object.values(outputs)) data.set(data.map(twist));
          return outputs;
        },
        async close() {
          closed.push(device);
          await session.close();
        },
        [Symbol.asyncDispose]: () => twisted.close(),
      };
      return twisted;
    },
  };
  return { runtime: pretending, closed };
}

async function check(twist: (value: number, i: number) => number): Promise<void> {
  if (model.family !== "xumx-slicq-v2") throw new Error("trial feeds are another family's");
  const { runtime } = await withGpu(twist);
  await using session = await runtime.createSession(model.onnx, { threads: 1, device: "webgpu" });
  await checkAgreement(runtime, session, { ...model, feeds: () => trialFeeds(model) });
}

describe("the check of a device", () => {
  it("lets rounding pass", async () => {
    await check((value) => value);
    await check((value, i) => value * (1 + 1e-3 * Math.sin(i)));
  });

  it.each<[string, (value: number, i: number) => number]>([
    ["a quarter of the masks wrong", (value, i) => (i % 4 === 3 ? 1 - value : value)],
    ["zeros", () => 0],
    ["what is not a number", (value, i) => (i === 7 ? Number.NaN : value)],
  ])("refuses %s", async (_, twist) => {
    await expect(check(twist)).rejects.toMatchObject({
      code: "device-unavailable",
      message: expect.stringMatching(/webgpu computes the network of formula-mel-32 wrongly/),
      hint: expect.stringMatching(/device cpu/),
    });
  });

  it("stands before every engine on a GPU, which leaves no session behind if it fails", async () => {
    const options = { phase: mixPhase, threads: 1, pieceSlices: 4 };
    const good = await withGpu((value) => value);
    const engine = await PieceEngine.create(model, good.runtime, { ...options, device: "webgpu" });
    expect(engine.device).toBe("webgpu");
    await engine.close();
    const bad = await withGpu((value, i) => (i % 2 ? value : 0));
    const failing = PieceEngine.create(model, bad.runtime, { ...options, device: "webgpu" });
    await expect(failing).rejects.toMatchObject({ code: "device-unavailable" });
    expect(bad.closed.sort()).toEqual(["cpu", "webgpu"]);
  });
});
