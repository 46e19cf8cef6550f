/** Pieces: stretches of slices that flow through the engines, and what passes between engine and conductor. */

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
   * Left and right from the first sample of the first context slice on, (before + slices + after + 1)·2h samples,
   * zeros outside of the song.
   */
  readonly samples: readonly [Float32Array, Float32Array];
}

/** Statistics of the part of a Wiener window that lies in a piece. */
export interface WindowStatistics {
  readonly block: number;
  /** Window number, counted from the song's start. */
  readonly window: number;
  /** STATISTICS doubles for each bin of the block. */
  readonly sums: Float64Array;
}

/** The spatial model of a Wiener window. */
export interface WindowSpatial {
  readonly block: number;
  readonly window: number;
  /** SPATIAL doubles for each bin of the block. */
  readonly spatial: Float64Array;
}

/**
 * Samples of a piece: target-major, left and right, (slices + 1)·2h each, from the first sample of the piece's first
 * slice on. The first and last 2h add to those of the neighbours.
 */
export type PieceStems = readonly Float32Array[];

/** Where an engine's time goes, in seconds. */
export interface EngineTimes {
  forward: number;
  network: number;
  phase: number;
  inverse: number;
}

/** Works on pieces, one task after the other. In this thread or another. */
export interface Engine {
  /** Computes a piece's masks and keeps them; returns its statistics (none for mix phase). */
  analyse(piece: Piece): Promise<readonly WindowStatistics[]>;
  /** Turns a piece into stems and forgets it. `spatial` holds all windows that the piece touches. */
  synthesise(id: number, spatial: readonly WindowSpatial[]): Promise<PieceStems>;
  /** Forgets all pieces. */
  reset(): Promise<void>;
  times(): Promise<EngineTimes>;
  close(): Promise<void>;
}
