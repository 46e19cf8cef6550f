/**
 * The grid on which all bins of a transform meet: frames of a sixteenth of a slice, in each a whole number of cells per
 * bin, and bands of neighbouring bins.
 *
 * Window lengths M are multiples of 16, so a bin has M/16 coefficients per frame. Up to {@link GridSizes.cellsPerFrame} of
 * them stand alone; where there are more, neighbours share a cell, and with it a mask.
 */
import { ArgumentError } from "../../errors.ts";

/** Frames in the hop of a slice. */
export const FRAMES_PER_HOP = 8;

/** How bins are joined into bands, see above. */
export interface GridSizes {
  /** Most cells of a bin in a frame. */
  readonly cellsPerFrame: number;
  /** Most cells of a band in a frame, and of these most bins. */
  readonly bandCells: number;
  readonly bandBins: number;
}

/** A bin on the grid. */
export interface GridBin {
  /** M/16: coefficients in a frame. */
  readonly coefs: number;
  /** Cells in a frame. */
  readonly cells: number;
  /** Number of its first cell; all bands are counted with {@link GridSizes.bandCells} cells, of which the last may be empty. */
  readonly first: number;
}

export interface Grid {
  readonly sizes: GridSizes;
  readonly bins: readonly GridBin[];
  readonly bands: number;
  /** Cells of all bands, empty ones included. */
  readonly cells: number;
}

/**
 * Lays out a grid.
 *
 * @param windows M of every bin
 * @throws ArgumentError when a window length is no multiple of 16
 */
export function layOutGrid(windows: ArrayLike<number>, sizes: GridSizes): Grid {
  const bins: GridBin[] = [];
  let band = 0;
  let cellsTaken = 0;
  let binsTaken = 0;
  for (let k = 0; k < windows.length; k++) {
    const coefs = windows[k] / (2 * FRAMES_PER_HOP);
    if (!Number.isInteger(coefs)) {
      throw new ArgumentError(
        `The window length ${windows[k]} of bin ${k} is no multiple of 16.`,
        "Plan the transform with windowMultiple: 16.",
      );
    }
    const cells = Math.min(coefs, sizes.cellsPerFrame);
    if (cellsTaken + cells > sizes.bandCells || binsTaken === sizes.bandBins) {
      band++;
      cellsTaken = 0;
      binsTaken = 0;
    }
    bins.push({ coefs, cells, first: band * sizes.bandCells + cellsTaken });
    cellsTaken += cells;
    binsTaken++;
  }
  return { sizes, bins, bands: band + 1, cells: (band + 1) * sizes.bandCells };
}

/** The first coefficient within a bin's frame of a cell; of the cell after the last: how many there are. */
export function firstOfCell({ coefs, cells }: GridBin, cell: number): number {
  return Math.ceil((cell * coefs) / cells);
}
