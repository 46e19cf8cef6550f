/** Spectrograms of audio files on a page: panels on one time axis, one frequency axis and one scale of colours. */
import { ArgumentError } from "../errors.ts";
import { SAMPLE_RATE, type ScaleOptions } from "../transforms/slicqt/index.ts";
import { type Theme, themes } from "./colourMap.ts";
import { ColumnMeter, type TimeRange } from "./columnPowers.ts";
import { drawBar, drawPanel, panelTicks } from "./drawing.ts";
import { layOutPage, type PanelPlace, pleasantHeight } from "./layout.ts";
import {
  bandRows,
  type LevelGrid,
  type LevelRange,
  levelGrid,
  loudest,
  SILENCE,
} from "./levelGrid.ts";
import { fitting, MOST_STEPS, Page } from "./page.ts";
import type { EncodedImage } from "./png.ts";
import { type ChannelName, channelNames, type PictureSource, ReadySource } from "./source.ts";
import { planView, type ViewPlan } from "./viewPlan.ts";

/** What of the sources is drawn, and how. */
export interface SpectrogramPictureOptions {
  /** Bands of the frequency axis; bark-262 from 32.9 Hz by default, as the published model's. */
  readonly transform?: ScaleOptions;
  /** "mean" by default: the mean power of all channels. */
  readonly channel?: ChannelName;
  /** Seconds from the files' beginnings; 0 by default. */
  readonly start?: number;
  /** Seconds; by default to the end of the longest file. */
  readonly duration?: number;
  /** Level of the strongest colour, dB; by default the loudest point rounded up to 5 dB. 0 is a tone of amplitude 1. */
  readonly max?: number;
  /** dB from the strongest colour to the floor, which is silence's; 80 by default. */
  readonly range?: number;
  /** Of the whole picture, pixels; 1200 wide by default, and as high as suits the number of panels. */
  readonly width?: number;
  readonly height?: number;
  /** Panels beside each other; 1 by default. The first spans its row if it would be the last row's only one. */
  readonly columns?: number;
  /** Above all panels. */
  readonly title?: string;
  /** "dark" by default. */
  readonly theme?: Theme;
  /** Levels told apart, 2 to 231; 161 by default, half a dB each. Fewer make smaller files. */
  readonly steps?: number;
  readonly signal?: AbortSignal;
  /** Hears the finished fraction, 0 to 1. */
  readonly onProgress?: (fraction: number) => void;
}

/** Where a panel lies in its picture, in pixels: for those who cut it out, or draw upon it. */
export interface SpectrogramPanel {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** Ticks of its frequency axis: pixels from the panel's top, and what is written there. */
  readonly frequencies: readonly { readonly at: number; readonly label: string }[];
}

/** The picture as a PNG file, and what it shows. */
export interface SpectrogramPicture extends EncodedImage {
  /** What the axes span. */
  readonly time: TimeRange;
  readonly level: LevelRange;
  /** In the order of the sources. */
  readonly panels: readonly SpectrogramPanel[];
}

const LEAST_SIDE = 160;
const MOST_SIDE = 16384;
const MOST_PIXELS = 1 << 25;
const LEAST_SECONDS = 0.001;

/**
 * Draws the sliCQ spectrograms of one or several signals as one PNG, with labelled axes.
 *
 * All panels have the same axes and colours, so they can be compared by eye. A pixel's colour is the mean power of its
 * column of time and the largest level in its row of frequencies; a steady tone of amplitude a has 20·log10(a) dB
 * wherever it lies. Audio of any sample rate is shown up to 22.05 kHz. Whatever the length, memory is bounded: by the
 * picture's pixels and the number of bands. The same input gives the same bytes.
 *
 * ```ts
 * const { png } = await spectrogramPicture(
 *   ["mix.wav", "vocals.wav"].map((path) => ({ title: path, open: (signal) => openAudio(path, signal) })),
 *   { duration: 30, title: "Before and after" },
 * );
 * ```
 * @throws {ArgumentError} for no sources, options out of range, panels that do not fit, a start after the end.
 * @throws {AudioError} if a source cannot be read, is empty or holds what is not a number.
 * @throws {AbortError}
 */
export async function spectrogramPicture(
  sources: readonly PictureSource[],
  options: SpectrogramPictureOptions = {},
): Promise<SpectrogramPicture> {
  const { channel = "mean", theme = "dark", steps = 161, range = 80, title, signal } = options;
  const { transform = { scale: "bark", bins: 262, fmin: 32.9 } } = options;
  checkOptions(sources, options);
  const width = options.width ?? 1200;
  const unit = Math.max(1, Math.floor(width / 1200));
  const shape = {
    ...{ width, panels: sources.length, columns: options.columns ?? 1 },
    ...{ title: title !== undefined, unit },
  };
  const height = options.height ?? pleasantHeight(shape);
  checkSize(width, height);
  const layout = layOutPage({ ...shape, height });
  const view = planView(transform);

  const ready: ReadySource[] = [];
  const grids: LevelGrid[] = [];
  let time: TimeRange;
  try {
    for (const source of sources) ready.push(await ReadySource.open(source, signal));
    time = timeRange(Math.max(...ready.map(({ seconds }) => seconds)), options);
    for (const [i, source] of ready.entries()) {
      const heard = (part: number) => options.onProgress?.((i + part) / ready.length);
      grids.push(await listen(source, channel, view, time, layout.panels[i], signal, heard));
    }
  } finally {
    for (const source of ready) await source.close();
  }
  const level = { max: options.max ?? roundMax(grids), range };
  const axes = { warp: view.warp, time, level, unit };
  const page = new Page(width, height, theme, steps, unit);
  if (title !== undefined) {
    const { left } = layout.panels[0];
    const room = width - left - 12 * unit;
    page.write(fitting(title, room / unit), left, 24 * unit, "start", { weight: 2 });
  }
  for (const [i, grid] of grids.entries()) {
    drawPanel(page, sources[i].title, grid, layout.panels[i], axes);
  }
  drawBar(page, layout.bar, axes);
  options.onProgress?.(1);
  const panels = layout.panels.map(({ left, top, width, height }) => {
    const frequencies = panelTicks(view.warp, height, unit);
    return { left, top, width, height, frequencies };
  });
  return { ...page.encode(), time, level, panels };
}

function checkOptions(sources: readonly PictureSource[], options: SpectrogramPictureOptions): void {
  if (sources.length === 0) throw new ArgumentError("There is nothing to draw.", "Give a file.");
  const { channel = "mean", theme = "dark", columns = 1, steps = 2, range = 80, max = 0 } = options;
  const { start = 0, duration = 1 } = options;
  if (!channelNames.includes(channel)) {
    throw new ArgumentError(
      `Unknown channel "${channel}".`,
      `Use one of ${channelNames.join(", ")}.`,
    );
  }
  if (!themes.includes(theme)) {
    throw new ArgumentError(`Unknown theme "${theme}".`, `Use one of ${themes.join(", ")}.`);
  }
  if (!Number.isInteger(columns) || columns < 1) {
    throw new ArgumentError(`Panels cannot stand in ${columns} columns.`, "Use 1 and more.");
  }
  if (!Number.isInteger(steps) || steps < 2 || steps > MOST_STEPS) {
    throw new ArgumentError(`Levels have 2 to ${MOST_STEPS} steps, not ${steps}.`);
  }
  if (!(range >= 1 && range <= 240)) {
    throw new ArgumentError(`The range must lie between 1 and 240 dB, not ${range}.`);
  }
  if (!(max >= -200 && max <= 200)) {
    throw new ArgumentError(`The highest level must lie between -200 and 200 dB, not ${max}.`);
  }
  if (!(start >= 0 && Number.isFinite(start))) {
    throw new ArgumentError(`The start must be 0 or more seconds, not ${start}.`);
  }
  if (!(duration >= LEAST_SECONDS && Number.isFinite(duration))) {
    throw new ArgumentError(
      `The duration must be ${LEAST_SECONDS} seconds or more, not ${duration}.`,
    );
  }
}

function checkSize(width: number, height: number): void {
  for (const side of [width, height]) {
    if (Number.isInteger(side) && side >= LEAST_SIDE && side <= MOST_SIDE) continue;
    throw new ArgumentError(
      `A picture cannot have ${width} by ${height} pixels.`,
      `Its sides are whole numbers of ${LEAST_SIDE} to ${MOST_SIDE} pixels.`,
    );
  }
  if (width * height > MOST_PIXELS) {
    throw new ArgumentError(
      `A picture of ${width} by ${height} pixels is too large.`,
      `The limit is ${MOST_PIXELS} pixels in all.`,
    );
  }
}

/** From the start to the end that was asked for or is there. */
function timeRange(
  end: number,
  { start = 0, duration }: Pick<SpectrogramPictureOptions, "start" | "duration">,
): TimeRange {
  if (start >= end) {
    throw new ArgumentError(
      `The picture would start at ${start} s, but the audio ends at ${end.toFixed(3)} s.`,
      "Start earlier.",
    );
  }
  const rest = Math.max(LEAST_SECONDS, end - start);
  return { start, duration: Math.min(duration ?? rest, rest) };
}

/** Reads a source, closes it and gives the levels of its panel's pixels. */
async function listen(
  source: ReadySource,
  channel: ChannelName,
  view: ViewPlan,
  time: TimeRange,
  { width, height }: PanelPlace,
  signal: AbortSignal | undefined,
  heard: (part: number) => void,
): Promise<LevelGrid> {
  // What sounds within a slice of the range is seen in it.
  const margin = view.transform.sliceLength / SAMPLE_RATE;
  const end = Math.min(source.seconds, time.start + time.duration + margin);
  const excerpt = await source.excerpt({
    ...{ ...time, margin, channel, signal },
    heard: (seconds) => heard(Math.min(1, seconds / end)),
  });
  const meter = new ColumnMeter(view, excerpt.channels, width, time, excerpt.begin);
  for await (const block of excerpt.blocks()) meter.push(block);
  await source.close();
  return levelGrid(meter.finish(), bandRows(view.warp, height));
}

/** Multiples of 5 dB. */
function roundMax(grids: readonly LevelGrid[]): number {
  const level = Math.max(...grids.map(loudest));
  // Plus 0: no minus zero.
  return level <= SILENCE ? 0 : 5 * Math.ceil(level / 5 - 1e-6) + 0;
}
