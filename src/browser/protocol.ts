/** What passes between the page and its workers. */
import type { LiveProtocol } from "../live/liveProtocol.ts";
import type { Model } from "../models/fromBytes.ts";
import type { PieceProtocol } from "../separation/pieceProtocol.ts";
import type { PreparedModel } from "../separation/preparedModel.ts";

/** Pieces or live separation, and what comes before them. */
export interface BrowserProtocol extends PieceProtocol, LiveProtocol {
  /** Hands over the WebAssembly of ONNX Runtime, or its address, before "start" or "openLive". */
  readonly runtime: { readonly request: Uint8Array | string; readonly answer: undefined };
  /** Prepares a model, read from a safetensors file if it is given as one. */
  readonly prepare: { readonly request: Uint8Array | Model; readonly answer: PreparedModel };
}
