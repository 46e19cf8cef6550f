/** What passes between a separator and the threads of its engines. */
import type { FrameModel } from "../phase/index.ts";
import type { RuntimePreference } from "../runtime/index.ts";
import type { EngineSetup, EngineWork, RuntimeReport } from "./crew.ts";
import type { Analysed, EngineTimes, Piece, PieceStems, WindowSpatial } from "./piece.ts";
import type {
  EncodedPiece,
  JoinedPiece,
  KeptPiece,
  Measured,
  Peaked,
  PieceModels,
  RecurrentPiece,
  StemPiece,
} from "./songPiece.ts";
import type { RefinedPiece } from "./stemRefiner.ts";

/** An answer, and where the time went so far. */
interface Timed<T> {
  readonly answer: T;
  readonly times: EngineTimes;
}

/**
 * The requests of an {@link Engine} and of a {@link SongEngine}; the first of all is "start", or "warm" while the model is still
 * being loaded.
 */
export interface PieceProtocol {
  /** Loads the tensor runtime, if there is one, to compute on the processor; "start" says what is wrong with it. */
  readonly warm: { readonly request: RuntimePreference; readonly answer: undefined };
  readonly start: {
    readonly request: { readonly work: EngineWork; readonly setup: EngineSetup };
    readonly answer: RuntimeReport;
  };
  /** The numbers of the weights, of a model that came without; before any other work. */
  readonly weigh: { readonly request: Float32Array<ArrayBuffer>; readonly answer: undefined };
  readonly analyse: { readonly request: Piece; readonly answer: Timed<Analysed> };
  readonly synthesise: {
    readonly request: {
      readonly id: number;
      readonly spatial: readonly WindowSpatial[];
      readonly into: PieceStems;
    };
    readonly answer: Timed<PieceStems>;
  };
  readonly refine: { readonly request: RefinedPiece; readonly answer: Timed<RefinedPiece> };
  readonly encode: {
    readonly request: EncodedPiece;
    readonly answer: Timed<Peaked<EncodedPiece>>;
  };
  readonly recur: { readonly request: RecurrentPiece; readonly answer: Timed<RecurrentPiece> };
  readonly join: { readonly request: JoinedPiece; readonly answer: Timed<JoinedPiece> };
  readonly measure: {
    readonly request: { readonly piece: KeptPiece; readonly models: readonly FrameModel[] };
    readonly answer: Timed<Measured<KeptPiece>>;
  };
  readonly filter: {
    readonly request: { readonly piece: StemPiece; readonly models: PieceModels };
    readonly answer: Timed<StemPiece>;
  };
  readonly reset: { readonly request: undefined; readonly answer: undefined };
}
