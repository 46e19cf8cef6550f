/** What a model is: its transform, its variant, its terms; read from the original's json and from our metadata. */
import { WeightsError } from "../errors.ts";
import { targets } from "../networks/cdae/index.ts";
import { checkPhase, type PhaseSettings } from "../phase/index.ts";
import { type ScaleName, scaleNames } from "../transforms/slicqt/index.ts";

/** The frequency scale of the sliCQ transform. */
export interface ModelScale {
  readonly name: ScaleName;
  /** Number of frequencies, before 0 Hz and 22050 Hz are added; `mrstft` ignores it. */
  readonly bins: number;
  /** Lowest frequency in Hz; `mrstft` ignores it. */
  readonly fmin: number;
  /** Offset in Hz, used by `vqlog` alone. */
  readonly gamma: number;
}

/** Everything about a model but its numbers. Hidden sizes follow from the shapes of the tensors. */
export interface ModelConfig {
  readonly family: "xumx-slicq-v2";
  readonly name: string;
  readonly scale: ModelScale;
  /** True for the causal network with mixture phase, false for the offline one with Wiener-EM. */
  readonly realtime: boolean;
  /** The phase step that the weights are meant for; by default the original's for the variant. */
  readonly phase?: PhaseSettings;
  readonly sampleRate: 44100;
  readonly targets: typeof targets;
  /** Terms of use of the weights, in words. */
  readonly licence?: string;
  /** Facts of the training, for people. */
  readonly training?: Readonly<Record<string, string | number>>;
}

/** Key of the configuration in the metadata of a safetensors file. */
export const metadataKey = "xumx-slicq";

/** The gamma at which the original runs every model, whatever its json says. */
const inferenceGamma = 15;

/**
 * The configuration in the original's `xumx_slicq_v2.json`, already parsed.
 *
 * The stored `fgamma` is ignored, as the original does: it separates with its transform's default, 15 Hz.
 *
 * @throws WeightsError `weights-mismatch`, naming the field, if one is missing, of the wrong type or not supported.
 */
export function parseOriginalConfig(json: unknown, name: string): ModelConfig {
  const file = new Fields(json, "the model's json");
  const args = file.fields("args");
  if (args.optional("lstm") === true) {
    throw unsupported("The model is of the LSTM variant, which is not supported yet.");
  }
  if (args.number("sample_rate") !== 44100) {
    throw unsupported(`The model's sample rate is ${args.number("sample_rate")}, not 44100.`);
  }
  if (args.optional("nb_channels") !== undefined && args.number("nb_channels") !== 2) {
    throw unsupported(`The model has ${args.number("nb_channels")} channels, not 2.`);
  }
  return {
    family: "xumx-slicq-v2",
    name,
    scale: {
      name: args.oneOf("fscale", scaleNames),
      bins: args.bins("fbins"),
      fmin: args.frequency("fmin"),
      gamma: inferenceGamma,
    },
    realtime: args.boolean("realtime"),
    sampleRate: 44100,
    targets,
    training: {
      ...file.numberAs("epochs_trained", "epochs"),
      ...file.numberAs("best_epoch", "bestEpoch"),
      ...file.numberAs("best_loss", "bestLoss"),
      ...args.numberAs("batch_size", "batchSize"),
      ...args.numberAs("seq_dur", "excerptSeconds"),
      ...args.numberAs("lr", "learningRate"),
      ...args.numberAs("weight_decay", "weightDecay"),
    },
  };
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
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new WeightsError(
      "weights-corrupt",
      `The metadata entry "${metadataKey}" is not valid JSON.`,
      "Get the file again.",
      { cause },
    );
  }
  const file = new Fields(json, `metadata "${metadataKey}"`);
  file.oneOf("family", ["xumx-slicq-v2"]);
  const scale = file.fields("scale");
  if (file.number("sampleRate") !== 44100) {
    throw unsupported(`The model's sample rate is ${file.number("sampleRate")}, not 44100.`);
  }
  const named = file.optional("targets");
  if (!Array.isArray(named) || named.join() !== targets.join()) {
    throw unsupported(`The model's targets are not ${targets.join(", ")}, in this order.`);
  }
  const licence = file.optional("licence");
  const training = file.optional("training");
  const phase = file.optional("phase") === undefined ? undefined : file.fields("phase").phase();
  return {
    family: "xumx-slicq-v2",
    name: file.string("name"),
    scale: {
      name: scale.oneOf("name", scaleNames),
      bins: scale.bins("bins"),
      fmin: scale.frequency("fmin"),
      gamma: scale.number("gamma"),
    },
    realtime: file.boolean("realtime"),
    ...(phase && { phase }),
    sampleRate: 44100,
    targets,
    ...(licence === undefined ? {} : { licence: file.string("licence") }),
    ...(training === undefined ? {} : { training: file.fields("training").facts() }),
  };
}

/** The metadata entry that {@link parseConfig} reads. */
export function configMetadata(config: ModelConfig): ReadonlyMap<string, string> {
  return new Map([[metadataKey, JSON.stringify(config)]]);
}

/** Typed access to an object of unknown origin; complaints name the field and where it stands. */
class Fields {
  private readonly values: ReadonlyMap<string, unknown>;

  constructor(
    value: unknown,
    private readonly place: string,
  ) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw unsupported(`In ${place}, an object was expected.`);
    }
    this.values = new Map(Object.entries(value));
  }

  optional(key: string): unknown {
    return this.values.get(key);
  }

  fields(key: string): Fields {
    return new Fields(this.values.get(key), `"${key}" of ${this.place}`);
  }

  string(key: string): string {
    const value = this.values.get(key);
    return typeof value === "string" ? value : this.fail(key, "a string");
  }

  number(key: string): number {
    const value = this.values.get(key);
    return typeof value === "number" && Number.isFinite(value) ? value : this.fail(key, "a number");
  }

  boolean(key: string): boolean {
    const value = this.values.get(key);
    return typeof value === "boolean" ? value : this.fail(key, "true or false");
  }

  oneOf<T extends string>(key: string, allowed: readonly T[]): T {
    const value = this.values.get(key);
    return allowed.find((name) => name === value) ?? this.fail(key, `one of ${allowed.join(", ")}`);
  }

  /** A number of frequencies. */
  bins(key: string): number {
    const value = this.number(key);
    return Number.isInteger(value) && value >= 2 && value <= 10_000
      ? value
      : this.fail(key, "a whole number from 2 to 10000");
  }

  /** A frequency in Hz, below half the sample rate. */
  frequency(key: string): number {
    const value = this.number(key);
    return value > 0 && value < 22050 ? value : this.fail(key, "between 0 and 22050");
  }

  /** `{ [name]: value }` if the field is a number, otherwise nothing. */
  numberAs(key: string, name: string): Record<string, number> {
    const value = this.values.get(key);
    return typeof value === "number" ? { [name]: value } : {};
  }

  /** Settings of a phase step. */
  phase(): PhaseSettings {
    if (this.oneOf("method", ["mix", "wiener-em"]) === "mix") {
      const normalised = this.optional("normalised") !== undefined && this.boolean("normalised");
      return { method: "mix", ...(normalised && { normalised }) };
    }
    const window =
      typeof this.optional("window") === "number"
        ? this.number("window")
        : { slices: this.fields("window").number("slices") };
    const given = this.fields("regularisation");
    const regularisation =
      given.oneOf("kind", ["fixed", "relative"]) === "fixed"
        ? { kind: "fixed" as const }
        : { kind: "relative" as const, amount: given.number("amount") };
    const settings: PhaseSettings = { method: "wiener-em", window, regularisation };
    try {
      checkPhase(settings);
    } catch (cause) {
      throw unsupported(
        `In ${this.place}: ${cause instanceof Error ? cause.message : String(cause)}`,
      );
    }
    return settings;
  }

  /** All fields, each of which must be a string or a number. */
  facts(): Record<string, string | number> {
    const facts = [...this.values].map(([key, value]): [string, string | number] =>
      typeof value === "string" || typeof value === "number"
        ? [key, value]
        : this.fail(key, "a string or a number"),
    );
    return Object.fromEntries(facts);
  }

  private fail(key: string, wanted: string): never {
    const value = this.values.get(key);
    const found = value === undefined ? "is missing" : `is ${JSON.stringify(value).slice(0, 80)}`;
    throw unsupported(`In ${this.place}, "${key}" ${found}; it should be ${wanted}.`);
  }
}

function unsupported(message: string): WeightsError {
  return new WeightsError(
    "weights-mismatch",
    message,
    "Only models of the xumx-sliCQ-V2 family can be used.",
  );
}
