/** What one may ask of live separation, in Node and in browsers alike. */
import { checkChoice, checkInteger, checkOptions, type OptionNames } from "../arguments.ts";
import type { FindModelOptions } from "../models/load.ts";
import { checkPhase, type PhaseSettings } from "../phase/index.ts";
import type { Runtime, RuntimePreference } from "../runtime/index.ts";
import type { Assets, ModelSource } from "../separation/openOptions.ts";
import type { PreparedModel, PreparedSliceModel } from "../separation/preparedModel.ts";
import { type LevelSetting, levelSettings } from "../separation/separatorOptions.ts";
import { planTransform } from "../transforms/index.ts";
import { SAMPLE_RATE } from "../transforms/slicqt/index.ts";
import { checkGains, type StemGains } from "./gainMixer.ts";
import { FrameHops, type HopEngine, PieceHops } from "./hopEngine.ts";
import { GROUP } from "./hopSeparator.ts";
import { livePhase, slicedModel } from "./liveModel.ts";
import { type LiveRuntimeReport, LiveSeparator } from "./liveSeparator.ts";

/** How live separation works. */
export interface LiveOptions {
  /** Hz of the signal, a whole number of 1000 to 768000; 44100 by default. Others are resampled, which adds to the latency. */
  readonly sampleRate?: number;
  /** Channels of the signal, 1 or 2 (the default). */
  readonly channels?: 1 | 2;
  /** Gains of the mix from the start on; 1 by default. */
  readonly gains?: StemGains;
  /** The phase step, mix phase; by default the one the model was made for. */
  readonly phase?: PhaseSettings;
  /** At which level the network is shown the signal; "trained" by default. */
  readonly level?: LevelSetting;
  /**
   * What computes the network: "auto", the default, is our own kernels, which compute every frame once, or ONNX Runtime for
   * networks that they do not know; "native" and "wasm" are ONNX Runtime in any case.
   */
  readonly runtime?: RuntimePreference;
}

/** Options of live separation, which model it is for, and how that may be got. */
export interface OpenLiveOptions extends LiveOptions {
  /** As of `openSeparator`; by default xumx-slicq-live. */
  readonly model?: ModelSource;
  /** Whether and how a model that is not here is fetched, and a signal that ends opening. */
  readonly loading?: FindModelOptions;
  /** Where browsers find what they fetch: as of `openSeparator`. */
  readonly assets?: Assets;
}

/** @internal */
export const liveOptionNames: OptionNames<OpenLiveOptions> = {
  model: true,
  loading: true,
  assets: true,
  sampleRate: true,
  channels: true,
  gains: true,
  phase: true,
  level: true,
  runtime: true,
};

/** The model that is opened if none is named. */
export const defaultLiveModel = "xumx-slicq-live";

const LEAST_SAMPLE_RATE = 1000;
const MOST_SAMPLE_RATE = 768_000;

/** @throws {ArgumentError} for options that are out of range or unknown */
export function checkLiveOptions(options: OpenLiveOptions): void {
  checkOptions(options, liveOptionNames, "openLive");
  const { sampleRate = SAMPLE_RATE, channels = 2, gains = {}, level = "trained" } = options;
  checkInteger("sampleRate", sampleRate, LEAST_SAMPLE_RATE, MOST_SAMPLE_RATE);
  checkInteger("channels", channels, 1, 2);
  checkChoice("level", level, levelSettings);
  checkChoice("runtime", options.runtime ?? "auto", ["auto", "native", "wasm"]);
  checkGains(gains);
  if (options.phase) checkPhase(options.phase);
}

/**
 * A live separator of a prepared model.
 *
 * @param load loads ONNX Runtime, where it is needed
 * @throws {LiveError} "not-live"; {@link RuntimeError}
 */
export async function startLive(
  prepared: PreparedModel,
  options: LiveOptions,
  load: () => Promise<Runtime>,
): Promise<LiveSeparator> {
  const model = slicedModel(prepared);
  const { level = "trained", gains = {} } = options;
  const phase = livePhase(model, options.phase ?? model.phase);
  const { engine, runtime } = await hopEngine(model, phase, options.runtime ?? "auto", load);
  const live = new LiveSeparator({
    engine,
    context: model.context,
    transform: planTransform(model.transform),
    leastSlices: model.leastSlices,
    targets: model.targets.length,
    level: level === "trained" ? model.level : undefined,
    sampleRate: options.sampleRate ?? SAMPLE_RATE,
    channels: options.channels ?? 2,
    modelName: model.name,
    licence: model.licence,
    runtime,
  });
  live.setGains(gains, 0);
  return live;
}

async function hopEngine(
  model: PreparedSliceModel,
  phase: PhaseSettings,
  preference: RuntimePreference,
  load: () => Promise<Runtime>,
): Promise<{ readonly engine: HopEngine; readonly runtime: LiveRuntimeReport }> {
  const frames = preference === "auto" ? FrameHops.open(model, phase, GROUP) : undefined;
  if (frames) return { engine: frames, runtime: { name: "kernels" } };
  const runtime = await load();
  const { name, version, notice } = runtime;
  const engine = await PieceHops.open(model, phase, GROUP, runtime);
  return { engine, runtime: { name, version, notice } };
}
