/** Pieces of a song whose network sees all of it, and what passes between their engines and their conductor. */
import type { Recurred, RecurrentPart } from "../networks/index.ts";
import type { FrameModel } from "../phase/index.ts";
import type { EngineWorker, PieceSamples } from "./piece.ts";

/** Frames that follow each other. */
export interface FramePiece {
  readonly frames: number;
  /** As many samples as they span. */
  readonly samples: PieceSamples;
}

/** Frames with all that their stems are made of. */
export interface KeptPiece extends FramePiece {
  /** What the network keeps of them; see `SongNetwork.decode`. */
  readonly kept: readonly Float32Array<ArrayBuffer>[];
}

/** What the recurrent layers read of a piece, and the largest |x|² of its spectra. */
export interface EncodedPiece {
  readonly encoded: readonly Float32Array[];
  readonly peak: number;
}

/** Models of the iterations so far; or for a piece that is a window of its own, that they are to be made. */
export type PieceModels = readonly FrameModel[] | "own window";

/** Works on parts of songs, one task after the other, in this thread or another. What it is given may be moved away. */
export interface SongEngine extends EngineWorker {
  encode(piece: FramePiece): Promise<EncodedPiece>;
  /** See `SongNetwork.recur`. The rows are copied. */
  recur(part: RecurrentPart, rows: Float32Array, state: Float32Array): Promise<Recurred>;
  /** See `SongNetwork.join`. */
  join(target: number, encoded: Float32Array, memory: Float32Array): Promise<Float32Array>;
  /** Sums of a piece for the iteration after those that there are models of. */
  measure(piece: KeptPiece, models: readonly FrameModel[]): Promise<Float64Array>;
  /** Stems of a piece: target-major, left and right, as many samples as the frames span, to be overlapped and divided. */
  filter(piece: KeptPiece, models: PieceModels): Promise<readonly Float32Array[]>;
}
