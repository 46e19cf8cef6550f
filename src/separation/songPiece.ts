/**
 * Pieces of a song whose network sees all of it, and what passes between their engines and their conductor.
 *
 * Arrays are as long as the longest piece needs. They move to an engine and come back with its answer, so that none is left behind
 * as garbage; until then they may not be touched.
 */
import type { RecurrentPart } from "../networks/index.ts";
import type { FrameModel } from "../phase/index.ts";
import type { EngineWorker, PieceSamples } from "./piece.ts";
import type { RefinedPiece } from "./stemRefiner.ts";

type Floats = Float32Array<ArrayBuffer>;

/** Frames that follow each other. */
export interface FramePiece {
  readonly frames: number;
  /** As many samples as they span, and perhaps more. */
  readonly samples: PieceSamples;
}

/** Frames whose rows for the recurrent layers are wanted, and where these go. */
export interface EncodedPiece extends FramePiece {
  /** See `SongNetwork.encode`. */
  readonly encoded: readonly Floats[];
}

/** Frames with all that their stems are made of. */
export interface KeptPiece extends FramePiece {
  /** What the network keeps of them; see `SongNetwork.decode`. */
  readonly kept: readonly Floats[];
}

/** Frames whose stems are wanted, and where these go. */
export interface StemPiece extends KeptPiece {
  /** Target-major, left and right, as many samples as the frames span, to be overlapped and divided. */
  readonly stems: readonly Floats[];
}

/** Frames on their way through a direction of a recurrent layer. */
export interface RecurrentPiece {
  readonly part: RecurrentPart;
  readonly frames: number;
  /** What the layer reads. */
  readonly rows: Floats;
  /** Takes the outputs of the frames. */
  readonly outputs: Floats;
  /** h and c before; in the answer after. */
  readonly state: Floats;
}

/** Frames whose rows for and from a target's recurrent layers become what is kept of them, in the place of the first. */
export interface JoinedPiece {
  readonly target: number;
  readonly frames: number;
  readonly encoded: Floats;
  readonly memory: Floats;
}

/** Models of the iterations so far; or for a piece that is a window of its own, that they are to be made. */
export type PieceModels = readonly FrameModel[] | "own window";

/** Works on parts of songs, one task after the other, in this thread or another. */
export interface SongEngine extends EngineWorker {
  /** And the largest |x|² of the piece's spectra. */
  encode(piece: EncodedPiece): Promise<Peaked<EncodedPiece>>;
  /** See `SongNetwork.recur`. */
  recur(piece: RecurrentPiece): Promise<RecurrentPiece>;
  /** See `SongNetwork.join`. */
  join(piece: JoinedPiece): Promise<JoinedPiece>;
  /** And the sums of a piece for the iteration after those that there are models of. */
  measure(piece: KeptPiece, models: readonly FrameModel[]): Promise<Measured<KeptPiece>>;
  filter(piece: StemPiece, models: PieceModels): Promise<StemPiece>;
}

export interface Peaked<P> {
  readonly piece: P;
  readonly peak: number;
}

export interface Measured<P> {
  readonly piece: P;
  readonly sums: Float64Array;
}

/** All arrays that travel with a piece. */
export function arraysOf(
  piece: EncodedPiece | KeptPiece | StemPiece | RecurrentPiece | JoinedPiece | RefinedPiece,
): Floats[] {
  return Object.values(piece)
    .flat()
    .filter((value): value is Floats => value instanceof Float32Array);
}
