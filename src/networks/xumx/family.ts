/** X-UMX: Open-Unmix's networks of all targets, bridged by two means (Sawata and others, 2021). */
import { writeOnnx } from "../../graph/index.ts";
import { norbertEm } from "../../phase/index.ts";
import { checkState, type StateDict } from "../../tensors/index.ts";
import { unsupported } from "../fields.ts";
import type { SongFamily } from "../network.ts";
import { expectedShapes, type TensorNames } from "../umx/architecture.ts";
import { UmxEngine } from "../umx/engine.ts";
import { wholeGraph } from "../umx/graphs.ts";
import { networkOf, type PreparedUmxNetwork, prepareNetwork } from "../umx/prepared.ts";
import { originalJson } from "../umx/settings.ts";
import { readSettings, type XumxSettings } from "./settings.ts";

/** A prepared network of this family. */
export interface PreparedXumx extends PreparedUmxNetwork {
  readonly family: "xumx";
}

/** Where asteroid keeps what Open-Unmix calls by these names. */
const layers: readonly (readonly [own: RegExp, place: (target: string, end: string) => string])[] =
  [
    [/^fc1\.(.*)$/, (target, end) => `layer_enc.${target}.enc.0.${end}`],
    [/^bn1\.(.*)$/, (target, end) => `layer_enc.${target}.enc.1.${end}`],
    [/^lstm\.(.*)$/, (target, end) => `layer_lstm.${target}.${end}`],
    [/^fc2\.(.*)$/, (target, end) => `layer_dec.${target}.dec.0.${end}`],
    [/^bn2\.(.*)$/, (target, end) => `layer_dec.${target}.dec.1.${end}`],
    [/^fc3\.(.*)$/, (target, end) => `layer_dec.${target}.dec.3.${end}`],
    [/^bn3\.(.*)$/, (target, end) => `layer_dec.${target}.dec.4.${end}`],
    [/^((?:in|out)put_.*)$/, (target, end) => `mean_scale.${end}_${target}`],
  ];

/** Tensors of asteroid's files. */
export const xumxName: TensorNames = (target, name) => {
  for (const [own, place] of layers) {
    const end = own.exec(name)?.[1];
    if (end !== undefined) return place(target, end);
  }
  throw new RangeError(`Open-Unmix has no tensor ${name}`);
};

/** The windows of the transform, which files hold too. */
function isBeside(name: string): boolean {
  return name === "encoder.0.window" || name === "decoder.window";
}

/** Checks tensors against settings and builds the network. @throws WeightsError naming each tensor at fault */
export function prepare(settings: XumxSettings, state: StateDict): PreparedXumx {
  checkState(state, expectedShapes(settings, state, xumxName), isBeside);
  const network = networkOf(settings, state, xumxName, true);
  return { family: "xumx", phase: norbertEm, ...prepareNetwork(network, settings) };
}

/** The family of X-UMX, as asteroid's files hold it. */
export const xumx: SongFamily<XumxSettings, PreparedXumx> = {
  name: "xumx",
  readSettings,
  // Its files say all themselves, see `models/asteroid.ts`.
  recognises: () => false,
  readOriginal: () => {
    throw unsupported("A model of X-UMX is one file of weights without a json.");
  },
  originalJson,
  targets: ({ targets }) => targets,
  variant: () => "whole song",
  expectedTensors: (settings, tensors) => expectedShapes(settings, tensors, xumxName),
  prepare,
  openSong: (prepared, setup) => UmxEngine.open(prepared, setup),
  onnx: (settings, state) => writeOnnx(wholeGraph(networkOf(settings, state, xumxName, true))),
};
