/** What passes between a separator and the threads of its engines. */

import type { RuntimePreference } from "../runtime/index.ts";
import type { Analysed, EngineTimes, Piece, PieceStems, WindowSpatial } from "./piece.ts";
import type { PreparedModel } from "./preparedModel.ts";
import type { EngineSetup, RuntimeReport } from "./separator.ts";

/**
 * The requests of an {@link Engine}; the first of all is "start", or "warm" while the model is still being loaded. Every answer
 * says where the time went so far.
 */
export interface PieceProtocol {
  /** Loads the tensor runtime, if there is one; "start" says what is wrong with it. */
  readonly warm: { readonly request: RuntimePreference; readonly answer: undefined };
  readonly start: {
    readonly request: { readonly model: PreparedModel; readonly setup: EngineSetup };
    readonly answer: RuntimeReport;
  };
  readonly analyse: {
    readonly request: Piece;
    readonly answer: { readonly analysed: Analysed; readonly times: EngineTimes };
  };
  readonly synthesise: {
    readonly request: {
      readonly id: number;
      readonly spatial: readonly WindowSpatial[];
      readonly into: PieceStems;
    };
    readonly answer: { readonly stems: PieceStems; readonly times: EngineTimes };
  };
  readonly reset: { readonly request: undefined; readonly answer: undefined };
}
