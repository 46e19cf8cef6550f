/** How signals are led through the engines of a model: slice by slice, or as whole songs. */
import { ArgumentError } from "../errors.ts";
import {
  type AnyPhase,
  checkFrameEm,
  checkPhase,
  type FrameEm,
  mixPhase,
  type PhaseSettings,
} from "../phase/index.ts";
import { planTransform, type Transform } from "../transforms/index.ts";
import { conduct, type StemSamples } from "./conductor.ts";
import type { CrewMembers, EngineWork } from "./crew.ts";
import { GatedCourse } from "./gatedCourse.ts";
import type { Engine } from "./piece.ts";
import type { PreparedModel, PreparedSliceModel, PreparedSongModel } from "./preparedModel.ts";
import { conductRefined } from "./refinedStems.ts";
import type { StereoBlock } from "./sampleQueue.ts";
import { conductShifted } from "./shiftedStems.ts";
import type { EarlyWork } from "./songProgress.ts";
import type { Refinement } from "./stemRefiner.ts";
import { conductSong } from "./wholeSong.ts";

/** What of a separator's settings decides its course. */
export interface CourseSettings {
  /** The model's own if left out. */
  readonly phase: AnyPhase | undefined;
  readonly pieceSlices: number | undefined;
  /** Whether networks are shown signals at the level of their training. */
  readonly levelled: boolean;
  /** Seconds before and after that networks which see whole songs are shown; all if left out. */
  readonly context: number | undefined;
  /** How often a signal is separated, see `shiftedStems.ts`. */
  readonly shifts: number;
  /** Whether stems are gated; as the model has it if left out. */
  readonly gate: boolean | undefined;
}

/** The course of a model's signals. */
export interface Course {
  /** Names of the stems, in the order of their samples. */
  readonly stems: readonly string[];
  readonly phase: AnyPhase;
  /** Samples from slice to slice or frame to frame. */
  readonly hop: number;
  /** Whether what stems play where they should be silent goes to the others. */
  readonly gated: boolean;
  /** Share of the work that is done before the first stems are there. */
  readonly early: number;
  /** What its engines are for; the model is the course's own, or prepared once more. */
  work(model: PreparedModel): EngineWork;
  /**
   * Leads one signal.
   * @returns blocks whose arrays may be overwritten when the next one is asked for
   */
  conduct(
    crew: CrewMembers,
    source: AsyncIterable<StereoBlock>,
    options: ConductOptions,
  ): AsyncGenerator<StemSamples>;
}

/** How one signal is led. */
export interface ConductOptions {
  readonly signal: AbortSignal;
  /** Samples that may be read before the stems of what was read are given. */
  readonly readAhead: number;
  /** Who wants to know about the work before the first stems. */
  readonly early: EarlyWork;
}

/** The course of a model. @throws {ArgumentError} if the settings do not fit it */
export function courseOf(model: PreparedModel, settings: CourseSettings): Course {
  const course =
    model.context === "whole song"
      ? new SongCourse(model, settings)
      : new SliceCourse(model, settings);
  return (settings.gate ?? model.gate) ? new GatedCourse(course, model) : course;
}

/** Coefficients of one piece by default: 12 slices of the bark-262 transform. */
const PIECE_COEFFICIENTS = 12 * 18640;

/** A piece is at least so many times as long as its context, which is computed for it again. */
const PIECE_CONTEXTS = 1;

class SliceCourse implements Course {
  readonly stems: readonly string[];
  readonly gated = false;
  readonly early = 0;
  readonly phase: AnyPhase;
  readonly #facts: Omit<PreparedSliceModel, "weights">;
  /** By which stems are made of masks, and filtered once more. */
  readonly #slicePhase: PhaseSettings;
  readonly #refinement: Refinement | undefined;
  readonly #transform: Transform;
  readonly #pieceSlices: number;
  readonly #levelled: boolean;
  readonly #shifts: number;

  constructor({ weights: _, ...facts }: PreparedSliceModel, settings: CourseSettings) {
    const { phase = facts.phase, levelled } = settings;
    if (settings.context !== undefined) {
      throw new ArgumentError(
        `A context cannot be chosen for the model ${facts.name}: it always sees the few seconds that it needs.`,
        "Leave it out. It is for models that see whole songs, such as umxhq and xumx.",
      );
    }
    if (phase.method === "frame-em") {
      this.#refinement = refinementOf(facts, phase);
      this.#slicePhase = mixPhase;
    } else {
      checkPhase(phase);
      this.#slicePhase = phase;
    }
    this.#transform = planTransform(facts.transform);
    const { before, after } = facts.context;
    const byDefault =
      4 *
      Math.max(
        1,
        Math.round(PIECE_COEFFICIENTS / this.#transform.coefsPerSlice / 4),
        Math.ceil((PIECE_CONTEXTS * (before + after)) / 4),
      );
    const { pieceSlices = byDefault } = settings;
    if (!Number.isInteger(pieceSlices) || pieceSlices < 4 || pieceSlices % 4 !== 0) {
      throw new ArgumentError(`pieceSlices must be a multiple of 4, not ${pieceSlices}.`);
    }
    this.#facts = facts;
    const residual = phase.method === "frame-em" && phase.residual;
    this.stems = residual ? [...facts.targets, "residual"] : facts.targets;
    this.phase = phase;
    this.#pieceSlices = pieceSlices;
    this.#levelled = levelled;
    this.#shifts = settings.shifts;
  }

  get hop(): number {
    return this.#transform.hop;
  }

  work(model: PreparedModel): EngineWork {
    if (model.context === "whole song") throw changed(model);
    return {
      kind: "slices",
      model,
      phase: this.#slicePhase,
      refinement: this.#refinement,
      pieceSlices: this.#pieceSlices,
    };
  }

  conduct(
    crew: CrewMembers,
    source: AsyncIterable<StereoBlock>,
    { readAhead, signal }: ConductOptions,
  ): AsyncGenerator<StemSamples> {
    if (crew.kind !== "slices") throw new RangeError("engines of another kind");
    const { level, context, leastSlices, targets } = this.#facts;
    const base = {
      level: this.#levelled ? level : undefined,
      transform: this.#transform,
      context,
      leastSlices,
      targets: targets.length,
      phase: this.#slicePhase,
      pieceSlices: this.#pieceSlices,
      readAhead,
    };
    const refinement = this.#refinement;
    const pass = (engines: readonly Engine[], source: AsyncIterable<StereoBlock>) => {
      const settings = { ...base, engines };
      return refinement
        ? conductRefined({ slices: settings, refinement }, source, signal)
        : conduct(settings, source, signal);
    };
    const [shifts, { hop }] = [this.#shifts, this.#transform];
    return shifts === 1
      ? pass(crew.engines, source)
      : conductShifted({ engines: crew.engines, hop, shifts }, source, pass);
  }
}

/** @throws {ArgumentError} if the model's stems are not filtered so */
function refinementOf(
  { name, refinement: stft }: Omit<PreparedSliceModel, "weights">,
  phase: FrameEm,
): Refinement {
  if (!stft) throw unfit(name, phase);
  checkFrameEm(phase);
  if (phase.window === "song") {
    throw new ArgumentError(
      `A window must be a number of frames for the model ${name}, whose stems come as the song does.`,
      "Its own is 300.",
    );
  }
  return { stft, phase };
}

class SongCourse implements Course {
  readonly stems: readonly string[];
  readonly gated = false;
  readonly early: number;
  readonly #contextFrames: number | undefined;
  readonly phase: FrameEm;
  readonly #facts: Omit<PreparedSongModel, "weights">;

  constructor({ weights: _, ...facts }: PreparedSongModel, settings: CourseSettings) {
    const { phase = facts.phase } = settings;
    if (phase.method !== "frame-em") throw unfit(facts.name, phase);
    checkFrameEm(phase);
    if (settings.shifts !== 1) {
      throw new ArgumentError(
        `The model ${facts.name} sees whole songs: there are no shifts for it.`,
        "Leave them out. They are for models that see a few seconds, such as xumx-slicq.",
      );
    }
    const { context } = settings;
    const { sampleRate, stft } = facts;
    this.early = context === undefined ? 0.7 : 0;
    this.#contextFrames =
      context === undefined ? undefined : Math.ceil((context * sampleRate) / stft.hop);
    this.#facts = facts;
    this.phase = phase;
    this.stems = phase.residual ? [...facts.targets, "residual"] : facts.targets;
  }

  get hop(): number {
    return this.#facts.stft.hop;
  }

  work(model: PreparedModel): EngineWork {
    if (model.context !== "whole song") throw changed(model);
    return { kind: "song", model, phase: this.phase };
  }

  conduct(
    crew: CrewMembers,
    source: AsyncIterable<StereoBlock>,
    { signal, early }: ConductOptions,
  ): AsyncGenerator<StemSamples> {
    if (crew.kind !== "song") throw new RangeError("engines of another kind");
    const { engines, openDisk } = crew;
    const settings = {
      network: this.#facts,
      phase: this.phase,
      engines,
      openDisk,
      contextFrames: this.#contextFrames,
    };
    return conductSong(settings, source, { signal, early });
  }
}

function unfit(model: string, { method }: AnyPhase): ArgumentError {
  return new ArgumentError(
    `The phase step "${method}" is not one for the model ${model}.`,
    method === "frame-em"
      ? 'Give "mix" or "wiener-em".'
      : 'Give "frame-em", with iterations: 0 for the mixture\'s phase.',
  );
}

function changed({ name }: PreparedModel): RangeError {
  return new RangeError(`the model ${name} is another one than it was`);
}
