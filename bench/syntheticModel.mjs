/** Models of the presets' sizes with random weights: time and memory do not depend on what they have learnt. */
import { expectedShapes, frequencyTapsFor } from "../dist/networks/cdae/index.js";
import { coupledArchitecture, smallSizes } from "../dist/networks/coupled/index.js";
import { architectureFor } from "../dist/networks/slicq1/index.js";
import { targetShapes, umxName } from "../dist/networks/umx/index.js";
import { xumxName } from "../dist/networks/xumx/index.js";
import { initialCoupledState } from "../dist/training/coupled/initialState.js";
import { initialSlicq1State } from "../dist/training/slicq1/initialState.js";
import { planSliCQT } from "../dist/transforms/slicqt/index.js";

/**
 * A band-coupled network.
 *
 * @param {{ realtime?: boolean, sizes?: Partial<import("../dist/networks/coupled/index.js").CoupledSizes> }} options
 */
export function syntheticCoupled({ realtime = false, sizes: given = {} } = {}) {
  const scale = { name: "bark", bins: 262, fmin: 32.9, gamma: 0 };
  const plan = planSliCQT({ ...scale, scale: scale.name, windowMultiple: 16 });
  const sizes = { ...smallSizes, ...given };
  const architecture = coupledArchitecture(plan, sizes, realtime);
  const targets = ["bass", "vocals", "other", "drums"];
  return {
    plan,
    architecture,
    config: {
      family: "coupled",
      name: "synthetic-coupled",
      scale,
      realtime,
      sizes,
      sampleRate: 44100,
      targets,
    },
    state: initialCoupledState(architecture, 1),
  };
}

/**
 * @param {{ realtime: boolean, hidden?: [number, number], timeTaps?: number }} options
 * @returns {import("../dist/models/index.js").Model}
 */
export function syntheticModel({ realtime, hidden = [50, 51], timeTaps = 4 }) {
  const scale = { name: "bark", bins: 262, fmin: 32.9, gamma: 15 };
  const { blocks } = planSliCQT({ ...scale, scale: scale.name });
  const architecture = {
    realtime,
    hidden,
    timeTaps,
    blocks: blocks.map(({ bins, coefs }) => ({
      bins,
      coefs,
      frequencyTaps: frequencyTapsFor(bins),
    })),
  };
  let seed = 1;
  const random = () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 2 ** 32;
  };
  const shapes = expectedShapes(architecture);
  const size = (shape) => shape.reduce((a, b) => a * b, 1);
  // One array for all, as a file would be read.
  const all = new Float32Array([...shapes.values()].reduce((sum, shape) => sum + size(shape), 0));
  let offset = 0;
  const state = new Map();
  for (const [name, shape] of shapes) {
    const count = size(shape);
    if (name.endsWith("num_batches_tracked")) {
      state.set(name, { dtype: "i64", shape, data: new BigInt64Array(count) });
      continue;
    }
    const bound = shape.length === 4 ? Math.sqrt(3 / (shape[1] * shape[2] * shape[3])) : 1;
    const data = all.subarray(offset, offset + count);
    offset += count;
    for (let i = 0; i < count; i++) {
      data[i] = name.includes("running_var") ? 0.5 + random() : bound * (2 * random() - 1);
    }
    state.set(name, { dtype: "f32", shape, data });
  }
  const name = `synthetic-${realtime ? "realtime" : "offline"}`;
  const targets = ["bass", "vocals", "other", "drums"];
  return {
    config: { family: "xumx-slicq-v2", name, scale, realtime, sampleRate: 44100, targets },
    state,
  };
}

/**
 * The networks of xumx-sliCQ version 1, of the published model's sizes.
 *
 * @returns {import("../dist/models/index.js").Model}
 */
export function syntheticSlicq1() {
  const scale = { name: "bark", bins: 262, fmin: 32.9, gamma: 25 };
  const settings = { family: "slicq1", scale, bandwidth: 16000 };
  const targets = ["bass", "vocals", "other", "drums"];
  return {
    config: { ...settings, name: "synthetic-slicq1", sampleRate: 44100, targets },
    state: initialSlicq1State(architectureFor(settings), 1),
  };
}

/**
 * Networks of the sizes of Open-Unmix's models and of X-UMX.
 *
 * @param {"umx" | "umxl" | "xumx"} model umx: as umxhq, hidden 512; umxl: hidden 1024
 * @returns {import("../dist/models/index.js").Model}
 */
export function syntheticUmx(model) {
  const hidden = model === "umxl" ? 1024 : 512;
  const targets = ["vocals", "drums", "bass", "other"];
  const [family, nameOf] = model === "xumx" ? ["xumx", xumxName] : ["umx", umxName];
  const architecture = {
    ...{ channels: 2, bins: 2049, maxBin: 1487, hidden, layers: 3 },
    directions: ["forward", "reverse"],
  };
  let seed = 1;
  const random = () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 2 ** 32;
  };
  const state = new Map();
  for (const target of targets) {
    for (const [name, shape] of targetShapes(architecture)) {
      const length = shape.reduce((a, b) => a * b, 1);
      if (shape.length === 0) {
        state.set(nameOf(target, name), { dtype: "i64", shape, data: BigInt64Array.of(0n) });
        continue;
      }
      const isMatrix = shape.length === 2;
      const spread = isMatrix ? 1.5 * Math.sqrt(3 / shape[1]) : 0.3;
      const centre = isMatrix || /mean|bias/.test(name) ? 0 : 0.7;
      const data = Float32Array.from({ length }, () => centre + spread * (2 * random() - 1));
      state.set(nameOf(target, name), { dtype: "f32", shape, data });
    }
  }
  const sizes = { frameLength: 4096, hop: 1024, channels: 2 };
  const config = { family, name: `synthetic-${model}`, sampleRate: 44100, targets, ...sizes };
  return { config, state };
}
