/** Where everything stands on a page: panels in a grid, their labels around them, the bar of colours at the right. */
import { ArgumentError } from "../errors.ts";
import type { Box } from "./page.ts";

/** Units. */
const MARGIN = 12;
const FREQUENCY_LABELS = 36;
const BAR_GAP = 14;
const BAR = 12;
const BAR_LABELS = 44;
const TITLE = 30;
const PANEL_TITLE = 22;
const TIME_LABELS = 22;
const COLUMN_GAP = 16;
const ROW_GAP = 8;
/** Least size of a panel. */
const LEAST_WIDTH = 64;
const LEAST_HEIGHT = 40;

export interface PanelPlace extends Box {
  /** Whether frequencies are written at its left, and times below it. */
  readonly frequencies: boolean;
  readonly times: boolean;
}

export interface Layout {
  /** In the order of the sources: row by row. */
  readonly panels: readonly PanelPlace[];
  readonly bar: Box;
}

export interface LayoutOptions {
  readonly width: number;
  readonly height: number;
  readonly panels: number;
  /** Panels beside each other; the first one spans its row if it would be the last row's only one. */
  readonly columns: number;
  readonly title: boolean;
  /** Pixels to the unit. */
  readonly unit: number;
}

/** Height of a page on which the panels have a pleasant size. */
export function pleasantHeight(options: Omit<LayoutOptions, "height">): number {
  const { rows, fixed } = rowsOf(options);
  const panel = Math.max(110, Math.min(440, 640 / rows));
  return Math.round(options.unit * (fixed + rows * panel));
}

/** @throws {ArgumentError} if the panels do not fit. */
export function layOutPage(options: LayoutOptions): Layout {
  const { width, height, panels, unit } = options;
  const columns = Math.min(options.columns, panels);
  const { rows, fixed, spans } = rowsOf(options);
  const sides = 2 * MARGIN + FREQUENCY_LABELS + BAR_GAP + BAR + BAR_LABELS;
  const inner = width - unit * sides;
  const cellWidth = Math.floor((inner - unit * COLUMN_GAP * (columns - 1)) / columns);
  const cellHeight = Math.floor((height - unit * fixed) / rows);
  if (cellWidth < unit * LEAST_WIDTH || cellHeight < unit * LEAST_HEIGHT) {
    const least = [
      unit * (sides + LEAST_WIDTH * columns + COLUMN_GAP * (columns - 1)),
      Math.ceil(unit * (fixed + LEAST_HEIGHT * rows)),
    ];
    throw new ArgumentError(
      `${panels} ${panels === 1 ? "panel does" : "panels do"} not fit into a picture of ${width} by ${height} pixels.`,
      `They need ${least[0]} by ${least[1]} pixels: draw a larger picture, or fewer files.`,
    );
  }
  const left = unit * (MARGIN + FREQUENCY_LABELS);
  const top = unit * ((options.title ? TITLE : 0) + MARGIN / 2);
  const places = Array.from({ length: panels }, (_, i): PanelPlace => {
    const cell = spans ? (i === 0 ? 0 : i - 1 + columns) : i;
    const [row, column] = [Math.floor(cell / columns), cell % columns];
    const wide = spans && i === 0;
    const above = unit * (row * (PANEL_TITLE + ROW_GAP) + (spans && row > 0 ? TIME_LABELS : 0));
    return {
      left: left + column * (cellWidth + unit * COLUMN_GAP),
      top: top + above + unit * PANEL_TITLE + row * cellHeight,
      width: wide ? columns * cellWidth + unit * COLUMN_GAP * (columns - 1) : cellWidth,
      height: cellHeight,
      frequencies: column === 0,
      times: wide || i + columns >= panels,
    };
  });
  const last = places[panels - 1];
  const bar = {
    left: width - unit * (MARGIN + BAR_LABELS + BAR),
    top: places[0].top,
    width: unit * BAR,
    height: last.top + last.height - places[0].top,
  };
  return { panels: places, bar };
}

/** Rows of panels, and the height in units of all that is no panel. */
function rowsOf({ panels, title, ...options }: Omit<LayoutOptions, "height">) {
  const columns = Math.min(options.columns, panels);
  const spans = columns > 1 && panels > 1 && panels % columns === 1;
  const rows = spans ? 1 + (panels - 1) / columns : Math.ceil(panels / columns);
  const labels = TIME_LABELS * (spans ? 2 : 1);
  const fixed =
    (title ? TITLE : 0) + 1.5 * MARGIN + rows * PANEL_TITLE + (rows - 1) * ROW_GAP + labels;
  return { rows, fixed, spans };
}
