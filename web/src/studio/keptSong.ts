/** What the studio keeps of a song: its file's facts and the samples of its tracks. */
import { ArgumentError } from "xumx-slicq";
import type { Samples } from "../storage/samples.ts";
import { PeakMeter, type PeakPart } from "../tracks/peakMeter.ts";
import type { HeadFacts } from "./protocol.ts";

/** A track that is written, and what its waveform is drawn from. */
export class KeptTrack {
  readonly samples: Samples;
  readonly #meter = new PeakMeter();
  /** The lowest and the highest sample so far: of a kind that level meters are shown. */
  readonly extremes = [new Float32Array(1), new Float32Array(1)] as const;

  constructor(samples: Samples) {
    this.samples = samples;
  }

  /** Appends a block, and gives the peaks that are new. */
  append(block: readonly Float32Array[]): PeakPart {
    this.samples.append(block);
    const part = this.#meter.push(block);
    const [lowest, highest] = this.extremes;
    for (const low of part.lowest) if (low < lowest[0]) lowest[0] = low;
    for (const high of part.highest) if (high > highest[0]) highest[0] = high;
    return part;
  }
}

/** A song, from its decoding on. */
export class KeptSong {
  readonly facts: HeadFacts;
  readonly original: KeptTrack;
  #stems: ReadonlyMap<string, KeptTrack> = new Map();

  constructor(facts: HeadFacts, original: KeptTrack) {
    this.facts = facts;
    this.original = original;
  }

  /** @throws {ArgumentError} for a track that is not there (any more). */
  track(name: string): KeptTrack {
    const found = name === "original" ? this.original : this.#stems.get(name);
    if (!found) throw new ArgumentError(`The song has no track "${name}".`);
    return found;
  }

  /** Puts new, empty stems in the place of those that are there. */
  async begin(stems: ReadonlyMap<string, KeptTrack>): Promise<void> {
    await this.dropStems();
    this.#stems = stems;
  }

  async dropStems(): Promise<void> {
    const stems = [...this.#stems.values()];
    this.#stems = new Map();
    await Promise.all(stems.map(({ samples }) => samples.release()));
  }

  async drop(): Promise<void> {
    await this.dropStems();
    await this.original.samples.release();
  }
}
