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
  readonly #channels: readonly [left: number, right: number];
  /** Of all frames of a stem, and of all stems. */
  readonly #spectraBytes = 4 * GROUP * spectrumSize(gateStft);
  readonly #spectra: number;
  readonly #edges: number;
  readonly #powers: number;

  constructor() {
    const { allocate } = this.#kernels;
    this.#channels = [allocate(4 * GROUP_SAMPLES), allocate(4 * GROUP_SAMPLES)];
    this.#spectra = allocate(STEMS * this.#spectraBytes);
    this.#edges = allocate(4 * (BANDS + 1));
    this.#powers = allocate(4 * POWERS);
    this.#kernels.i32(this.#edges, BANDS + 1).set(bandEdges());
  }

  /**
   * @param rows left and right of each stem in turn, {@link GROUP_SAMPLES} each
   * @returns {@link POWERS} of each frame of the group
   */
  measure(rows: readonly Float32Array[]): readonly Float32Array[] {
    for (let stem = 0; stem < STEMS; stem++) {
      for (const [c, pointer] of this.#channels.entries()) {
        this.#kernels.f32(pointer, GROUP_SAMPLES).set(rows[2 * stem + c]);
      }
      const spectra = this.#spectra + stem * this.#spectraBytes;
      this.#stft.analyse(...this.#channels, GROUP, spectra);
    }
    return Array.from({ length: GROUP }, (_, frame) => this.#ofFrame(frame));
  }

  /** Left and right have the power |L|² + |R|², what they have in common |L + R|² / 2. */
  #ofFrame(frame: number): Float32Array {
    const spectra = this.#spectra + 4 * frame * spectrumSize(gateStft);
    const places = [binCount(gateStft), this.#edges, BANDS, this.#powers] as const;
    this.#kernels.exports.stemBands(spectra, this.#spectraBytes, STEMS, ...places);
    return this.#kernels.f32(this.#powers, POWERS).slice();
  }
}
