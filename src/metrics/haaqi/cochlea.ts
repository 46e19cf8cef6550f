/** The bands of the ear, and what a hearing loss does to each. */
import { earFrequencies, interpolate } from "./audiogram.ts";
import { MODEL_RATE } from "./modelRate.ts";

/** Auditory bands. */
export const BANDS = 32;

const EAR_Q = 9.26449;
const LEAST_WIDTH = 24.7;

/** Centre frequencies of the bands in Hz, evenly spaced in ERB from 80 to 8000 Hz. */
export const centreFrequencies: Float64Array = Float64Array.from({ length: BANDS }, (_, k) => {
  const edge = EAR_Q * LEAST_WIDTH;
  return (8000 + edge) * ((80 + edge) / (8000 + edge)) ** ((BANDS - 1 - k) / (BANDS - 1)) - edge;
});

/** Equivalent rectangular bandwidths of the bands, Hz. */
export const bandwidths: Float64Array = centreFrequencies.map((f) => LEAST_WIDTH + f / EAR_Q);

/** What an audiogram means for one band. */
export interface BandLoss {
  /** Loss by outer hair cells, dB: less gain, wider filters, less compression. */
  readonly outer: number;
  /** Loss by inner hair cells, dB. */
  readonly inner: number;
  /** Width of the filter at low levels, relative to a healthy one. */
  readonly width: number;
  /** Level in dB SPL at which compression begins. */
  readonly knee: number;
  /** Compression ratio. */
  readonly ratio: number;
}

/** The losses of all bands. @param levels dB HL at {@link earFrequencies}. */
export function bandLosses(levels: ArrayLike<number>): readonly BandLoss[] {
  return Array.from(centreFrequencies, (frequency, k) => {
    const loss = Math.max(0, interpolate(earFrequencies, levels, frequency));
    const healthy = 1.25 + (2.25 * k) / (BANDS - 1);
    const most = 1.25 * 70 * (1 - 1 / healthy);
    const outer = 0.8 * Math.min(loss, most);
    const inner = 0.2 * Math.min(loss, most) + Math.max(loss - most, 0);
    const knee = outer + 30;
    return {
      outer,
      inner,
      width: 1 + outer / 50 + 2 * (outer / 50) ** 6,
      knee,
      ratio: (100 - knee) / (30 + 70 / healthy + outer - knee),
    };
  });
}

/** Widths of the control filters: those of a loss of 100 dB. */
export const controlWidths: readonly number[] = bandLosses(new Array(6).fill(100)).map(
  ({ width }) => width,
);

/**
 * Width of a filter at a level: as the control filter's at 100 dB SPL.
 * @param rms of the control filter's envelope; @param level dB SPL of an RMS of 1.
 */
export function widthAtLevel(band: number, loss: BandLoss, rms: number, level: number): number {
  const spl = rms === 0 ? 50 : Math.min(100, Math.max(50, 20 * Math.log10(rms) + level));
  return loss.width + ((spl - 50) / 50) * (controlWidths[band] - loss.width);
}

/** The pole of the four-fold gammatone filter of a band, relative to which its delay and gain follow. */
export function gammatonePole(band: number, width: number): number {
  return Math.exp((-2 * Math.PI * 1.019 * width * bandwidths[band]) / MODEL_RATE);
}

/** Delay of the filter in whole samples. */
export function groupDelay(band: number, width: number): number {
  const a = gammatonePole(band, width);
  return Math.round((4 * a) / (1 + 2 * a) + (4 * a) / (1 - a));
}

/**
 * Level of a band above the listener's threshold, dB SL, from whole-signal values.
 * @param control, envelope root mean squares.
 */
export function sensationLevel(
  { outer, inner, knee, ratio }: BandLoss,
  control: number,
  envelope: number,
  level: number,
): number {
  const decibels = (x: number) => level + 20 * Math.log10(Math.max(x, 1e-30));
  const spl = Math.max(Math.min(decibels(control), 100), knee);
  const gained = Math.max(0, decibels(envelope)) - outer - (spl - knee) * (1 - 1 / ratio);
  return Math.max(0, gained - inner);
}
