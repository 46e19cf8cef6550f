/** Pieces: stretches of slices that flow through the engines, and what passes between engine and conductor. */
import type { RefinedPiece } from "./stemRefiner.ts";

/** A stretch of slices with the context its masks depend on. */
export interface Piece {
  readonly id: number;
  /** First slice, counted from the song's start. */
  readonly first: number;
  readonly slices: number;
  /** Slices of context present on each side; fewer at the song's ends. */
  readonly before: number;
  readonly after: number;
  /**
   * Left and right from the first sample of the first context slice on, as many as all slices span and perhaps more,
   * zeros outside of the song.
   */
  readonly samples: PieceSamples;
  /** Of every slice, context included: the gain of what the network is shown of it. */
  readonly gains: Float32Array;
  /** Of every slice, context included: 1 where both channels are the same. */
  readonly alike: Uint8Array;
}

/** Where a piece lies in the song. */
export type Extent = Omit<Piece, "samples" | "gains" | "alike">;

/** Left and right. */
export type PieceSamples = readonly [Float32Array<ArrayBuffer>, Float32Array<ArrayBuffer>];

/** Statistics of the part of a Wiener window that lies in a piece. */
export interface WindowStatistics {
  readonly block: number;
  /** Window number, counted from the song's start. */
  readonly window: number;
  /** {@link statisticsSize} doubles for each bin of the block. */
  readonly sums: Float64Array;
}

/** The spatial model of a Wiener window. */
export interface WindowSpatial {
  readonly block: number;
  readonly window: number;
  /** {@link spatialSize} doubles for each bin of the block. */
  readonly spatial: Float64Array;
}

/**
 * Samples of a piece: target-major, left and right, as many as its slices span and perhaps more, from the first sample of
 * the piece's first slice on. Where slices of neighbours overlap, the first and last add to theirs.
 */
export type PieceStems = readonly Float32Array<ArrayBuffer>[];

/** What an analysis gives: statistics (none for mix phase), and the samples' arrays back for the next piece. */
export interface Analysed {
  readonly statistics: readonly WindowStatistics[];
  readonly samples: PieceSamples;
}

/** Where an engine's time goes, in seconds. */
export interface EngineTimes {
  forward: number;
  network: number;
  phase: number;
  inverse: number;
}

/** What works on a song's pieces, in this thread or another. */
export interface EngineWorker {
  /** Forgets all pieces, after the tasks that were given. */
  reset(): Promise<void>;
  /** Where its time went so far; also of one that is closed or dead. */
  times(): EngineTimes;
  /** Whether it can be given tasks: it is not closed, and its thread lives. */
  readonly alive: boolean;
  /** Fails what was not begun with a {@link ClosedError}, and frees everything. */
  close(): Promise<void>;
}

/**
 * Works on pieces, one task after the other. Arrays given to it come back with the answer and may not be touched until then:
 * they move between threads, and none is left behind as garbage.
 */
export interface Engine extends EngineWorker {
  /** Computes a piece's masks and keeps what synthesis needs. */
  analyse(piece: Piece): Promise<Analysed>;
  /** Filters stems once more, where the phase step does, in place. */
  refine(piece: RefinedPiece): Promise<RefinedPiece>;
  /** Turns a piece into stems, written to `into`, and forgets it. `spatial` holds all windows the piece touches. */
  synthesise(id: number, spatial: readonly WindowSpatial[], into: PieceStems): Promise<PieceStems>;
}
