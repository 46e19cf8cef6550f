/** What passes between the page and the workers of its separators. */
import type { PieceProtocol } from "../separation/pieceProtocol.ts";
import type { PreparedModel } from "../separation/preparedModel.ts";

/** Pieces, and what comes before them. */
export interface BrowserProtocol extends PieceProtocol {
  /** Hands over the WebAssembly of ONNX Runtime, which is to be there before "start". */
  readonly runtime: { readonly request: Uint8Array; readonly answer: undefined };
  /** Reads a safetensors file and prepares its model. */
  readonly prepare: { readonly request: Uint8Array; readonly answer: PreparedModel };
}
