/** A transform's plan: its geometry and windows, computed once and shared by every use of it. */
import { type Geometry, layOut } from "./geometry.ts";
import { type ScaleOptions, scaleBands } from "./scales.ts";
import { binWindows, sliceWindow, type Windows } from "./windows.ts";

/** Everything a transform needs to know before it sees a sample. */
export interface SliCQTPlan extends Geometry, Windows {
  readonly options: ScaleOptions;
  /** tw, length L. */
  readonly sliceWindow: Float32Array;
}

/**
 * Plans the sliCQT of a scale at 44.1 kHz (Holighaus, Dörfler, Velasco, Grill 2013: sliced constant-Q transform).
 *
 * @example
 * const plan = planSliCQT({ scale: "bark", bins: 262, fmin: 32.9 });
 * @throws {ArgumentError} if the options make no valid transform.
 */
export function planSliCQT(options: ScaleOptions): SliCQTPlan {
  return withWindows(layOut(scaleBands(options), options.windowMultiple), options);
}

/** The plan of a scale that is laid out. */
export function withWindows(geometry: Geometry, options: ScaleOptions): SliCQTPlan {
  return { ...geometry, ...binWindows(geometry), options, sliceWindow: sliceWindow(geometry) };
}
