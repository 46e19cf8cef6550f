/** Where a piece of a song lies in an engine's kernel memory: as much as the largest piece so far needs, used again for each. */
import type { KernelInstance } from "../kernels/instance.ts";
import { LANES } from "../kernels/lanes.ts";
import type { SongNetwork } from "../networks/index.ts";
import {
  binCount,
  type StftSettings,
  spanOfFrames,
  spectrumSize,
} from "../transforms/stft/index.ts";

/** Sizes that do not depend on the piece. */
export interface SongMemorySizes {
  readonly targets: number;
  /** Stems, the residual among them. */
  readonly sources: number;
  readonly input: SongNetwork["input"];
}

/** For spectra and what the network's encoders read. */
interface EncodingPlaces {
  /** Left and right, `room` samples each: as many as the frames and the lanes beyond them span. */
  readonly samples: readonly [number, number];
  readonly room: number;
  readonly spectra: number;
  readonly magnitudes: number;
}

/** For masks besides. */
interface MaskPlaces {
  /** Of the network's targets. */
  readonly masks: readonly number[];
  /** Of all sources, two channels; the targets' are {@link masks} where these have two. */
  readonly sources: readonly number[];
}

/** For stems besides. */
interface StemPlaces {
  /** Left and right of each source, `room` samples each. */
  readonly stems: readonly number[];
  readonly room: number;
  /** Of each source spectra of a few frames. */
  readonly estimates: readonly number[];
}

/** A piece's places of one kind, and for how many frames they are. */
interface Kept<T> {
  readonly frames: number;
  readonly places: T;
}

export class SongMemory {
  /** Bytes of a frame's spectrum. */
  readonly spectrumBytes: number;
  readonly #kernels: KernelInstance;
  readonly #stft: StftSettings;
  readonly #sizes: SongMemorySizes;
  #encoding: Kept<EncodingPlaces> | undefined;
  #masks: Kept<MaskPlaces> | undefined;
  #stems: Kept<StemPlaces> | undefined;

  constructor(kernels: KernelInstance, stft: StftSettings, sizes: SongMemorySizes) {
    this.#kernels = kernels;
    this.#stft = stft;
    this.#sizes = sizes;
    this.spectrumBytes = spectrumSize(stft) * 4;
  }

  #room(frames: number): number {
    return spanOfFrames(this.#stft, frames + LANES);
  }

  forEncoding(frames: number): EncodingPlaces {
    if (!this.#encoding || this.#encoding.frames < frames) {
      const { channels, bins } = this.#sizes.input;
      const room = this.#room(frames);
      const places = {
        samples: [this.#kernels.allocate(room * 4), this.#kernels.allocate(room * 4)] as const,
        room,
        spectra: this.#kernels.allocate(frames * this.spectrumBytes),
        magnitudes: this.#kernels.allocate(frames * channels * bins * 4),
      };
      this.#encoding = { frames, places };
    }
    return this.#encoding.places;
  }

  forMasks(frames: number): EncodingPlaces & MaskPlaces {
    if (!this.#masks || this.#masks.frames < frames) {
      const { sources, targets, input } = this.#sizes;
      const bytes = frames * 2 * binCount(this.#stft) * 4;
      const all = Array.from({ length: sources }, () => this.#kernels.allocate(bytes));
      const masks =
        input.channels === 2
          ? all.slice(0, targets)
          : Array.from({ length: targets }, () => this.#kernels.allocate(bytes / 2));
      this.#masks = { frames, places: { masks, sources: all } };
    }
    return { ...this.forEncoding(frames), ...this.#masks.places };
  }

  forStems(frames: number): StemPlaces {
    if (!this.#stems || this.#stems.frames < frames) {
      const { sources } = this.#sizes;
      const room = this.#room(frames);
      const places = {
        stems: Array.from({ length: 2 * sources }, () => this.#kernels.allocate(room * 4)),
        room,
        estimates: Array.from({ length: sources }, () =>
          this.#kernels.allocate(LANES * this.spectrumBytes),
        ),
      };
      this.#stems = { frames, places };
    }
    return this.#stems.places;
  }
}
