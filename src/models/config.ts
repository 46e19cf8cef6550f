/** What a model is: its network's settings, its terms; read from originals' json and from our metadata. */
import { ForeignJsonError, parseForeignJson } from "../bytes/foreignJson.ts";
import { WeightsError } from "../errors.ts";
import {
  Fields,
  familyOf,
  type NetworkSettings,
  readOriginal,
  readSettings,
  unsupported,
} from "../networks/index.ts";
import { type AnyPhase, checkFrameEm, checkPhase, type FrameEm } from "../phase/index.ts";

/** What every model has, whatever its network. */
export interface ModelFacts {
  readonly name: string;
  /** The phase step that the weights are meant for; by default the one of the network's authors. */
  readonly phase?: AnyPhase;
  /** Whether stems are gated (docs/mathematics.md, 9) unless it is asked for otherwise; default false. */
  readonly gate?: boolean;
  readonly sampleRate: number;
  readonly targets: readonly string[];
  /** Terms of use of the weights, in words. */
  readonly licence?: string;
  /** Facts of the training, for people. */
  readonly training?: Readonly<Record<string, string | number>>;
}

/** Everything about a model but its numbers. Hidden sizes follow from the shapes of the tensors. */
export type ModelConfig = NetworkSettings & ModelFacts;

/** Key of the configuration in the metadata of a safetensors file. */
export const metadataKey = "xumx-slicq";

/**
 * The configuration in the json of an original program, already parsed.
 *
 * @throws WeightsError `weights-mismatch`, naming the field, if one is missing, of the wrong type or not supported.
 */
export function parseOriginalConfig(json: unknown, name: string): ModelConfig {
  const file = new Fields(json, "the model's json");
  const { settings, training } = readOriginal(file);
  const targets = familyOf(settings.family).targets(settings);
  // Not of the original: our exports state it there.
  const licence = file.optional("licence") === undefined ? undefined : file.string("licence");
  return { ...settings, name, sampleRate: 44100, targets, ...(licence && { licence }), training };
}

/**
 * The configuration in the metadata of a safetensors file.
 *
 * @throws WeightsError `weights-mismatch` if there is none, or a field is missing, wrong or not supported.
 */
export function parseConfig(metadata: ReadonlyMap<string, string>): ModelConfig {
  const text = metadata.get(metadataKey);
  if (text === undefined) {
    throw new WeightsError(
      "weights-mismatch",
      `The file's metadata has no entry "${metadataKey}": it is no model of this program.`,
      "Convert a model of the original with scripts/convertModel.mjs.",
    );
  }
  const json = parseConfigJson(text, `The metadata entry "${metadataKey}"`);
  const place = `metadata "${metadataKey}"`;
  const file = new Fields(json, place);
  const settings = readSettings(file);
  const sampleRate = "sampleRate" in settings ? settings.sampleRate : 44100;
  if (file.number("sampleRate") !== sampleRate) {
    throw unsupported(
      `The model's sample rate is ${file.number("sampleRate")}, not ${sampleRate}.`,
    );
  }
  const targets = familyOf(settings.family).targets(settings);
  const named = file.optional("targets");
  if (
    !Array.isArray(named) ||
    named.length !== targets.length ||
    targets.some((target, i) => target !== named[i])
  ) {
    throw unsupported(`The model's targets are not ${targets.join(", ")}, in this order.`);
  }
  const licence = file.optional("licence");
  const training = file.optional("training");
  const phase =
    file.optional("phase") === undefined
      ? undefined
      : readPhase(file.fields("phase"), `"phase" of ${place}`);
  return {
    ...settings,
    name: file.string("name"),
    ...(phase && { phase }),
    ...(file.optional("gate") === undefined ? {} : { gate: file.boolean("gate") }),
    sampleRate,
    targets,
    ...(licence === undefined ? {} : { licence: file.string("licence") }),
    ...(training === undefined ? {} : { training: file.fields("training").facts() }),
  };
}

/** Hundreds of times what a configuration with the losses of every epoch takes. */
const configLimits = { length: 2 ** 20, depth: 16, brackets: 10_000, members: 10_000 };

/**
 * Parses the JSON of a configuration.
 * @param name of the text, at the beginning of a sentence
 * @throws WeightsError `weights-corrupt`
 */
export function parseConfigJson(source: Uint8Array | string, name: string): unknown {
  try {
    return parseForeignJson(source, configLimits);
  } catch (error) {
    if (!(error instanceof ForeignJsonError)) throw error;
    throw new WeightsError("weights-corrupt", `${name} ${error.message}.`, "Get the file again.", {
      cause: error,
    });
  }
}

/** The metadata entry that {@link parseConfig} reads. */
export function configMetadata(config: ModelConfig): ReadonlyMap<string, string> {
  return new Map([[metadataKey, JSON.stringify(config)]]);
}

/** Settings of a phase step. */
function readPhase(fields: Fields, place: string): AnyPhase {
  const method = fields.oneOf("method", ["mix", "wiener-em", "frame-em"]);
  if (method === "frame-em") return readFrameEm(fields, place);
  if (method === "mix") {
    const normalised = fields.optional("normalised") !== undefined && fields.boolean("normalised");
    return { method: "mix", ...(normalised && { normalised }) };
  }
  const window =
    typeof fields.optional("window") === "number"
      ? fields.number("window")
      : { slices: fields.fields("window").number("slices") };
  const given = fields.fields("regularisation");
  const isSet = (key: string) => given.optional(key) !== undefined;
  const regularisation =
    given.oneOf("kind", ["fixed", "relative"]) === "fixed"
      ? {
          kind: "fixed" as const,
          ...(isSet("epsilon") && { epsilon: given.number("epsilon") }),
          ...(isSet("shared") && { shared: given.boolean("shared") }),
        }
      : { kind: "relative" as const, amount: given.number("amount") };
  return usable({ method: "wiener-em", window, regularisation }, checkPhase, place);
}

function readFrameEm(fields: Fields, place: string): FrameEm {
  const isSet = (key: string) => fields.optional(key) !== undefined;
  const settings: FrameEm = {
    method: "frame-em",
    iterations: fields.number("iterations"),
    window: fields.optional("window") === "song" ? "song" : fields.number("window"),
    epsilon: fields.number("epsilon"),
    ...(isSet("softmask") && { softmask: fields.boolean("softmask") }),
    ...(isSet("residual") && { residual: fields.oneOf("residual", ["complex", "magnitude"]) }),
  };
  return usable(settings, checkFrameEm, place);
}

/** Settings that their check lets pass. */
function usable<P>(settings: P, check: (settings: P) => void, place: string): P {
  try {
    check(settings);
  } catch (cause) {
    throw unsupported(`In ${place}: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
  return settings;
}
