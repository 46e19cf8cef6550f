/**
 * What the house knows of networks: nothing of their layers, but how they are recognised, checked, made ready, run on
 * pieces of a song, and trained.
 *
 * A family is a folder beside this file with one value of type {@link NetworkFamily}, and a line in `registry.ts`. Its
 * settings say all but the numbers; its prepared form is plain data, which threads send each other; its engine lives in
 * one thread.
 */
import type { KernelInstance } from "../kernels/instance.ts";
import type { AnyPhase, FrameEm, MaskLayout } from "../phase/index.ts";
import type { Device, DevicePreference, Runtime } from "../runtime/index.ts";
import type { StateDict } from "../tensors/index.ts";
import type { LaneTransform, Transform, TransformSettings } from "../transforms/index.ts";
import type { StftSettings } from "../transforms/stft/index.ts";
import type { Fields } from "./fields.ts";
import type { Target } from "./targets.ts";
import type { Weights } from "./weights.ts";

/** Names and shapes of tensors, as far as an architecture is concerned. */
export type NamedShapes = ReadonlyMap<string, { readonly shape: readonly number[] }>;

/** Slices on each side that the masks of a slice depend on. */
export interface SliceContext {
  readonly before: number;
  readonly after: number;
}

/** What whoever conducts a song knows of a network that sees slices of it. */
export interface SliceNetworkFacts {
  /** Its stems, in the order of its masks. */
  readonly targets: readonly Target[];
  readonly transform: TransformSettings;
  readonly context: SliceContext;
  /** Fewest slices that it can work on: a shorter signal is padded with zeros. */
  readonly leastSlices: number;
  /** The phase step that the family's authors use. */
  readonly phase: AnyPhase;
  /**
   * The transform in which stems, made with the mixture's phase, are filtered once more where the phase step is "frame-em"; left
   * out where it cannot be.
   */
  readonly refinement?: StftSettings;
  /**
   * Root mean square of the songs that it was trained on, dBFS: songs of other levels are brought to it for the network
   * alone. Left out where levels do not matter to it.
   */
  readonly level?: number;
}

/** What whoever conducts a song knows of a network whose recurrent layers see all of it. */
export interface SongNetworkFacts {
  /** Its stems, in the order of its masks. */
  readonly targets: readonly string[];
  readonly context: "whole song";
  readonly stft: StftSettings;
  /** How the family's authors make stems of masks. */
  readonly phase: FrameEm;
  readonly recurrence: Recurrence;
}

/** The recurrent layers of a network, one stack for each target. */
export interface Recurrence {
  readonly layers: number;
  readonly directions: readonly Direction[];
  /** Numbers of a frame between the layers: the outputs of all directions. */
  readonly width: number;
  /** Whether all stacks read the same, and the mean of what they give goes on to all targets. */
  readonly bridged: boolean;
}

/** Directions of a recurrent layer. */
export type Direction = "forward" | "reverse";

/** A network made ready to run, checked: plain data that survives being sent to another thread. */
export type PreparedNetwork = (SliceNetworkFacts | SongNetworkFacts) & PreparedFacts;

/** What all prepared networks have. */
export interface PreparedFacts {
  readonly family: string;
  /** The weights, in one array that may be moved. */
  readonly weights: Weights;
}

/** Where an engine works. */
export interface EngineSetup {
  readonly runtime: Runtime;
  /** Threads of the network within this engine. */
  readonly threads: number;
  /** Where it computes. */
  readonly device: DevicePreference;
  /** The memory that coefficients come from and masks go to. */
  readonly kernels: KernelInstance;
  readonly transform: Transform;
  readonly lanes: LaneTransform;
  readonly masks: MaskLayout;
  /** Most slices of a piece, context included. */
  readonly slices: number;
  /** What the model is called, for messages. */
  readonly name: string;
}

/** A network at work in one thread: takes a piece's coefficients as they are made, then gives its masks. */
export interface MaskEngine {
  /** Where the network computes. */
  readonly device: Device;
  /** Takes the weights' numbers, where it was opened without; before the first run. */
  weigh(numbers: Float32Array<ArrayBuffer>): void;
  /**
   * Begins a piece of so many slices, its context included.
   * @param gains one for each slice: what its magnitudes are brought to before they reach the network.
   * @param context slices of context on each side.
   * @returns slices on each side that the run will give no masks of: the context, or none.
   */
  begin(slices: number, gains: Float32Array, context: SliceContext): SliceContext;
  /**
   * Takes the coefficients of four slices of the piece, from number `slice` on.
   *
   * @param coefficients where they lie in lane layout: left, then right. Lanes beyond the piece's end mean nothing. Groups
   *   of four may overlap; what is given last counts. Those of the context before come first.
   */
  take(coefficients: number, slice: number): void;
  /** Computes the masks of the slices that {@link begin} did not leave out, to a place of the {@link MaskLayout}. */
  run(masks: number): Promise<void>;
  /** Waits for a run under way, then frees the network. */
  close(): Promise<void>;
}

/** Where the parts of a song network work. */
export interface SongEngineSetup {
  readonly runtime: Runtime;
  /** Threads of the network within this engine. */
  readonly threads: number;
  readonly device: DevicePreference;
}

/** Which part of a network's recurrent layers. */
export interface RecurrentPart {
  readonly target: number;
  readonly layer: number;
  readonly direction: Direction;
}

/**
 * A song network at work in one thread: its parts, each on some frames. Rows are frames, one after the other; what one part
 * gives, another is given.
 */
export interface SongNetwork {
  /** Where the network computes. */
  readonly device: Device;
  /** Numbers of a frame's magnitudes that {@link encode} reads: of the lower bins of one channel or two. */
  readonly input: { readonly channels: 1 | 2; readonly bins: number };
  /**
   * From magnitudes to what the recurrent layers read.
   * @param encoded takes it: for each target, bridged for all at once
   */
  encode(magnitudes: Float32Array, frames: number, encoded: readonly Float32Array[]): Promise<void>;
  /**
   * One direction of a recurrent layer.
   *
   * @param state h, then c, from the frames before (for "reverse" from those after)
   * @param outputs takes h of all frames, and c after the last one
   */
  recur(
    part: RecurrentPart,
    rows: Float32Array,
    state: Float32Array,
    outputs: Float32Array,
  ): Promise<void>;
  /**
   * Networks that are not bridged: what is kept of frames, from what the recurrent layers read and give.
   * @param joined takes it
   */
  join(
    target: number,
    encoded: Float32Array,
    memory: Float32Array,
    joined: Float32Array,
  ): Promise<void>;
  /**
   * Masks of all targets from what is kept: of each target, bridged what recurrent layers read and give.
   * @param masks takes them, for each target [frames, channels, bins]. Memory must not grow meanwhile.
   */
  decode(kept: readonly Float32Array[], masks: readonly Float32Array[]): Promise<void>;
  /** Waits for a run under way, then frees the network. */
  close(): Promise<void>;
}

/** Where a network works frame by frame. */
export type FrameEngineSetup = Pick<EngineSetup, "kernels" | "transform" | "lanes" | "masks"> & {
  /** Most slices that masks are asked for at once. */
  readonly slices: number;
};

/**
 * A network at work on one signal as it comes, in the thread that calls: it remembers what its layers have seen, and computes
 * everything once.
 */
export interface FrameEngine {
  /** Slices that it has taken. */
  readonly taken: number;
  /** Takes the next slice of the signal, from a lane of coefficients in lane layout. `gain`: of its magnitudes. */
  take(coefficients: number, lane: number, gain: number): void;
  /** Says that the signal ends with the slices taken. */
  end(): void;
  /** Writes the masks of the next `slices` slices, of which all context was taken or the signal's end is known. */
  run(slices: number, masks: number): void;
  /** Begins another signal. */
  reset(): void;
}

/** Facts of a training, for people. */
export type TrainingFacts = Readonly<Record<string, string | number>>;

/** A family of networks. */
export interface NetworkFamily<
  Settings extends { readonly family: string },
  Prepared extends PreparedNetwork,
> {
  /** Its name in the files of its models. */
  readonly name: Settings["family"];
  /** Its settings from the metadata of our own files. @throws WeightsError naming the field at fault. */
  readSettings(metadata: Fields): Settings;
  /** Whether a json beside weights was written by the family's original program. */
  recognises(json: Fields): boolean;
  /** Settings from that json. @throws WeightsError naming the field at fault. */
  readOriginal(json: Fields): { readonly settings: Settings; readonly training: TrainingFacts };
  /** The json that the original program reads. @throws ArgumentError if it would run the model differently. */
  originalJson(settings: Settings, training: TrainingFacts): Readonly<Record<string, unknown>>;
  /** The stems that such a network estimates, in the order of its masks. */
  targets(settings: Settings): readonly string[];
  /** The kind of model within the family, in a word. */
  variant(settings: Settings): string;
  /**
   * Names and shapes of all tensors, in the order of files. Sizes that settings do not hold are read from the shapes of
   * `tensors`.
   *
   * @throws WeightsError "weights-mismatch" when the tensors belong to another kind of network
   */
  expectedTensors(settings: Settings, tensors: NamedShapes): ReadonlyMap<string, readonly number[]>;
  /** Checks the tensors and builds the network. @throws WeightsError naming each tensor at fault. */
  prepare(settings: Settings, state: StateDict): Prepared;
  /** The network as one ONNX model with its weights inside. Of checked tensors. */
  onnx(settings: Settings, state: StateDict): Uint8Array<ArrayBuffer>;
}

/** A family whose networks see slices. */
export interface SliceFamily<
  Settings extends { readonly family: string },
  Prepared extends SliceNetworkFacts & PreparedFacts,
> extends NetworkFamily<Settings, Prepared> {
  /** Starts an engine. @throws RuntimeError */
  open(prepared: Prepared, setup: EngineSetup): Promise<MaskEngine>;
  /** The network frame by frame, for live use; left out by families that have only {@link open}. */
  openFrames?(prepared: Prepared, setup: FrameEngineSetup): FrameEngine;
}

/** A family whose networks see whole songs. */
export interface SongFamily<
  Settings extends { readonly family: string },
  Prepared extends SongNetworkFacts & PreparedFacts,
> extends NetworkFamily<Settings, Prepared> {
  /** Starts the network's parts. @throws RuntimeError */
  openSong(prepared: Prepared, setup: SongEngineSetup): Promise<SongNetwork>;
}
