/** A small band-coupled model with random weights, the same at every call. */
import type { StateDict, Tensor } from "../../../tensors/index.ts";
import { noiseSource } from "../../../testing/noise.ts";
import { targets } from "../../targets.ts";
import { coupledShapes } from "../architecture.ts";
import { architectureFor } from "../prepared.ts";
import type { CoupledSettings } from "../settings.ts";

/** Settings of a network for tests. */
export function smallSettings(realtime: boolean): CoupledSettings {
  return {
    family: "coupled",
    scale: { name: "bark", bins: 24, fmin: 260, gamma: 0 },
    realtime,
    sizes: {
      cellsPerFrame: 3,
      bandCells: 6,
      bandBins: 4,
      channels: 4,
      dilations: [1, 2],
      headChannels: 6,
    },
  };
}

/** Weights that do something. */
export function randomState(settings: CoupledSettings): StateDict {
  const next = noiseSource(7);
  const state = new Map<string, Tensor>();
  for (const [name, shape] of coupledShapes(architectureFor(settings))) {
    const length = shape.reduce((a, b) => a * b, 1);
    const spread = name.endsWith("weight") ? 1.5 / Math.sqrt(shape[shape.length > 3 ? 1 : 2]) : 0.3;
    const data = Float32Array.from({ length }, () => spread * next());
    state.set(name, { dtype: "f32", shape, data: name === "input.scale" ? data.fill(0.5) : data });
  }
  return state;
}

/** The model, as files hold it. */
export function smallModel(realtime: boolean) {
  const settings = smallSettings(realtime);
  const config = { ...settings, name: "small", sampleRate: 44100 as const, targets };
  return { config, state: randomState(settings) };
}
