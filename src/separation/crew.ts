/** The engines of a separator: for which work, how they are made, and what they run on. */
import type { FrameEm, PhaseSettings } from "../phase/index.ts";
import {
  type Device,
  type DevicePreference,
  type Importer,
  loadRuntime,
  type RuntimePreference,
} from "../runtime/index.ts";
import type { Engine } from "./piece.ts";
import { PieceEngine } from "./pieceEngine.ts";
import type { PreparedSliceModel, PreparedSongModel } from "./preparedModel.ts";
import type { OpenDisk } from "./scratch.ts";
import { SongPartEngine } from "./songEngine.ts";
import type { SongEngine } from "./songPiece.ts";
import type { Refinement } from "./stemRefiner.ts";

/** What engines are for: a model, and how its masks become stems. */
export type EngineWork =
  | {
      readonly kind: "slices";
      readonly model: PreparedSliceModel;
      readonly phase: PhaseSettings;
      /** A second filter of the stems. */
      readonly refinement: Refinement | undefined;
      readonly pieceSlices: number;
    }
  | { readonly kind: "song"; readonly model: PreparedSongModel; readonly phase: FrameEm };

/** What they run on. */
export interface EngineSetup {
  readonly threads: number;
  readonly runtime: RuntimePreference;
  readonly device: DevicePreference;
}

/** How a separator's engines are made: in this thread, or in workers. They may take the model's weights away. */
export type EngineFactory = (work: EngineWork, setup: EngineSetup) => Promise<EngineCrew>;

/** Engines of one kind, and the runtime they run on. */
export type EngineCrew = CrewMembers & { readonly runtime: RuntimeReport };

/** Engines of one kind. */
export type CrewMembers =
  | { readonly kind: "slices"; readonly engines: readonly Engine[] }
  | {
      readonly kind: "song";
      readonly engines: readonly SongEngine[];
      /** Where what spans long songs lies; left out in memory. */
      readonly openDisk?: OpenDisk | undefined;
    };

/** The tensor runtime in use. */
export interface RuntimeReport {
  readonly name: "native" | "wasm";
  readonly version: string;
  /** Where the network computes, all of it. */
  readonly device: Device;
  /** Why a faster one is not used. */
  readonly notice: string | undefined;
}

/** One engine of either kind. */
export type StartedEngine =
  | { readonly kind: "slices"; readonly engine: PieceEngine }
  | { readonly kind: "song"; readonly engine: SongPartEngine };

/**
 * Starts an engine in this thread.
 * @param importer finds the runtime where packages cannot be imported by their names.
 */
export async function startEngine(
  work: EngineWork,
  setup: EngineSetup,
  importer?: Importer,
): Promise<{ readonly started: StartedEngine; readonly report: RuntimeReport }> {
  const runtime = await loadRuntime(setup.runtime, importer);
  const started: StartedEngine =
    work.kind === "slices"
      ? {
          kind: "slices",
          engine: await PieceEngine.create(work.model, runtime, { ...setup, ...work }),
        }
      : {
          kind: "song",
          engine: await SongPartEngine.create(work.model, runtime, { ...setup, ...work }),
        };
  const { name, version, notice } = runtime;
  return { started, report: { name, version, device: started.engine.device, notice } };
}

/** One engine in this thread: for browsers' own workers, and where there are no threads. */
export const inThisThread: EngineFactory = async (work, setup) => {
  const { started, report: runtime } = await startEngine(work, setup);
  return started.kind === "slices"
    ? { kind: "slices", engines: [started.engine], runtime }
    : { kind: "song", engines: [started.engine], runtime };
};
