/** What the gate hears: the powers of four stems and of their sum in bands, frame by frame (docs/mathematics.md, 9.1). */
import { createKernels } from "../kernels/instance.ts";
import { binCount, StftEngine, type StftSettings, spectrumSize } from "../transforms/stft/index.ts";

/** Frames of 93 ms, 46 ms apart, at 44.1 kHz. */
export const gateStft = { length: 4096, hop: 2048, window: "hann" } as const satisfies StftSettings;

/** The rate for which the bands are, Hz. */
export const GATE_RATE = 44100;

/** Stems that a gate hears and mends. */
export const STEMS = 4;

/** Bands of the mel scale from 30 Hz to 16 kHz. */
export const BANDS = 24;

/** The stems and their sum. */
export const SIGNALS = STEMS + 1;

/** Numbers of a frame: of each signal its bands' powers, then of each the powers of what both channels have in common. */
export const POWERS = 2 * SIGNALS * BANDS;

/** Frames that are transformed at once. */
export const GROUP = 4;

/** Samples of a group. */
export const GROUP_SAMPLES = (GROUP - 1) * gateStft.hop + gateStft.length;

/** First bin of each band, and the one after the last: HTK's mel scale, at least one bin each. */
export function bandEdges(): readonly number[] {
  const mel = (hz: number) => 2595 * Math.log10(1 + hz / 700);
  const [low, high] = [mel(30), mel(16000)];
  const edges: number[] = [];
  for (let band = 0; band <= BANDS; band++) {
    const hz = 700 * (10 ** ((low + (band * (high - low)) / BANDS) / 2595) - 1);
    const bin = Math.round((hz * gateStft.length) / GATE_RATE);
    edges.push(Math.max(bin, (edges.at(-1) ?? 0) + 1));
  }
  return edges;
}

/** Measures groups of frames, in a memory that it keeps. */
export class StemPowers {
  readonly #kernels = createKernels();
  readonly #stft = new StftEngine(this.#kernels, gateStft);
  readonly #edges = bandEdges();
  readonly #channels: readonly [left: number, right: number];
  readonly #spectra: readonly number[];

  constructor() {
    const channel = () => this.#kernels.allocate(4 * GROUP_SAMPLES);
    this.#channels = [channel(), channel()];
    this.#spectra = Array.from({ length: STEMS }, () =>
      this.#kernels.allocate(4 * GROUP * spectrumSize(gateStft)),
    );
  }

  /**
   * @param rows left and right of each stem in turn, {@link GROUP_SAMPLES} each
   * @returns {@link POWERS} of each frame of the group
   */
  measure(rows: readonly Float32Array[]): readonly Float32Array[] {
    for (const [stem, spectra] of this.#spectra.entries()) {
      for (const [c, pointer] of this.#channels.entries()) {
        this.#kernels.f32(pointer, GROUP_SAMPLES).set(rows[2 * stem + c]);
      }
      this.#stft.analyse(...this.#channels, GROUP, spectra);
    }
    return Array.from({ length: GROUP }, (_, frame) => this.#ofFrame(frame));
  }

  #ofFrame(frame: number): Float32Array {
    const size = spectrumSize(gateStft);
    const spectra = this.#spectra.map((pointer) =>
      this.#kernels.f32(pointer + 4 * frame * size, size),
    );
    const powers = new Float32Array(POWERS);
    for (let band = 0; band < BANDS; band++) {
      this.#ofBand(spectra, band, powers);
    }
    return powers;
  }

  /** Left and right have the power |L|² + |R|², what they have in common |L + R|² / 2. */
  #ofBand(spectra: readonly Float32Array[], band: number, powers: Float32Array): void {
    const bins = binCount(gateStft);
    const [from, to] = [this.#edges[band], this.#edges[band + 1]];
    const shared = SIGNALS * BANDS;
    for (let bin = from; bin < to; bin++) {
      let [leftRe, leftIm, rightRe, rightIm] = [0, 0, 0, 0];
      for (let stem = 0; stem < STEMS; stem++) {
        const planar = spectra[stem];
        const a = planar[bin];
        const b = planar[bin + bins];
        const c = planar[bin + 2 * bins];
        const d = planar[bin + 3 * bins];
        powers[stem * BANDS + band] += a * a + b * b + c * c + d * d;
        powers[shared + stem * BANDS + band] += 0.5 * ((a + c) * (a + c) + (b + d) * (b + d));
        leftRe += a;
        leftIm += b;
        rightRe += c;
        rightIm += d;
      }
      const [re, im] = [leftRe + rightRe, leftIm + rightIm];
      powers[STEMS * BANDS + band] +=
        leftRe * leftRe + leftIm * leftIm + rightRe * rightRe + rightIm * rightIm;
      powers[shared + STEMS * BANDS + band] += 0.5 * (re * re + im * im);
    }
  }
}
