/** One song for one listener: eight HAAQI scores. */
import { join } from "node:path";
import { openAudio, readSamples } from "../audio/index.ts";
import { DataError } from "../errors.ts";
import { fineResample } from "../metrics/haaqi/fineResample.ts";
import { Haaqi } from "../metrics/haaqi/haaqi.ts";
import { LegacyRandom } from "../metrics/haaqi/legacyRandom.ts";
import { rms } from "../metrics/haaqi/modelRate.ts";
import { type Instrument, instruments, MUSIC_RATE, STEM_RATE, sides } from "./enhance.ts";
import { inSamples, type Pair, type Segment, seedOf } from "./metadata.ts";
import { columnName, type PairScore } from "./scoresCsv.ts";
import { readStem, signalPath } from "./submission.ts";

/** Level of every reference before NAL-R, dB SPL. */
const LEVEL = 65;

/** What is scored, and how; can be sent between threads. */
export interface ScoringSettings {
  readonly root: string;
  /** Folder with the listeners' folders. */
  readonly signals: string;
  /** "song": of its name, as the challenge; or one for all; or no noise. */
  readonly noise: "song" | number | "off";
}

/** A score, and what should be said about it. */
export interface ScoredPair {
  readonly score: PairScore;
  readonly warnings: readonly string[];
}

/** Scores pairs, one after the other; the last song's references are kept. */
export class PairScorer {
  readonly #settings: ScoringSettings;
  readonly #haaqi = new Haaqi();
  #song: { readonly key: string; readonly references: References } | undefined;

  constructor(settings: ScoringSettings) {
    this.#settings = settings;
  }

  /**
   * @param segment where the enhanced signals are of this part of the song only.
   * @throws what {@link readStem} throws; AudioError for references that cannot be read; AbortError.
   */
  async score(
    { song, listener }: Pair,
    segment?: Segment,
    signal?: AbortSignal,
  ): Promise<ScoredPair> {
    const { root, signals, noise } = this.#settings;
    const key = `${song.folder}/${song.name}/${segment?.start}/${segment?.end}`;
    if (this.#song?.key !== key) {
      const folder = join(root, "audio", "musdb18hq", song.folder, song.name);
      this.#song = { key, references: await readReferences(folder, segment, signal) };
    }
    const { references } = this.#song;
    const random =
      noise === "off" ? "off" : new LegacyRandom(noise === "song" ? seedOf(song.name) : noise);
    const stems: Record<string, number | null> = {};
    const estimates: Partial<Record<Instrument, Float32Array>> = {};
    for (const instrument of instruments) {
      for (const [c, side] of sides.entries()) {
        const { samples, power } = references[instrument][c];
        const path = signalPath(signals, listener, song.name, { side, instrument });
        const estimate = await readStem(path, samples.length);
        estimates[instrument] ??= estimate;
        const score = await this.#haaqi.score(samples, estimate, STEM_RATE, {
          audiogram: listener[side],
          fullScale: LEVEL - 20 * Math.log10(power),
          noise: random,
          ...(signal && { signal }),
        });
        stems[columnName(side, instrument)] = score === "silent reference" ? null : score.haaqi;
      }
    }
    const score = { song: song.name, listener: listener.name, stems };
    return { score, warnings: warningsOf(score, references, estimates) };
  }
}

interface Reference {
  /** At 24 kHz. */
  readonly samples: Float32Array;
  /** Root mean square at 44.1 kHz. */
  readonly power: number;
}

type References = Readonly<Record<Instrument, readonly [Reference, Reference]>>;

async function readReferences(
  folder: string,
  segment: Segment | undefined,
  signal: AbortSignal | undefined,
): Promise<References> {
  const read = async (instrument: Instrument): Promise<readonly [Reference, Reference]> => {
    const path = join(folder, `${instrument}.wav`);
    const source = await openAudio(path, signal);
    const { sampleRate, channels } = source.format;
    const [left, right] = await readSamples(source, signal);
    if (sampleRate !== MUSIC_RATE || channels !== 2) {
      throw new DataError(
        `${path} has ${channels} channels at ${sampleRate} Hz.`,
        "The challenge's music is MUSDB18-HQ: stereo at 44.1 kHz.",
      );
    }
    const ear = (channel: Float32Array): Reference => {
      const part = segment ? channel.subarray(...inSamples(segment, MUSIC_RATE)) : channel;
      return { samples: fineResample(part, MUSIC_RATE, STEM_RATE), power: rms(part) };
    };
    return [ear(left), ear(right)];
  };
  return {
    drums: await read("drums"),
    bass: await read("bass"),
    other: await read("other"),
    vocals: await read("vocals"),
  };
}

function warningsOf(
  { stems }: PairScore,
  references: References,
  estimates: Partial<Record<Instrument, Float32Array>>,
): readonly string[] {
  const silent = Object.entries(stems).flatMap(([name, value]) => (value === null ? [name] : []));
  const swapped = instruments.filter((own) => {
    const likeness = (other: Instrument) =>
      correlation(references[other][0].samples, estimates[own] ?? new Float32Array(0));
    const best = Math.max(...instruments.map(likeness));
    return best > 0.5 && likeness(own) < best / 2;
  });
  return [
    ...(silent.length > 0
      ? [`${silent.join(", ")}: the reference is silent; left out of the mean`]
      : []),
    ...(swapped.length > 0
      ? [`${swapped.join(", ")}: more like another stem than like its own; are the names swapped?`]
      : []),
  ];
}

/** Of a reference with an estimate that went through the prescription: 110 samples late at 44.1 kHz. */
function correlation(x: Float32Array, y: Float32Array): number {
  const delay = Math.round((110 * STEM_RATE) / MUSIC_RATE);
  let [xx, yy, xy] = [0, 0, 0];
  for (let i = 0; i < x.length && i + delay < y.length; i++) {
    const [a, b] = [x[i], y[i + delay]];
    xx += a * a;
    yy += b * b;
    xy += a * b;
  }
  return xx > 0 && yy > 0 ? Math.abs(xy) / Math.sqrt(xx * yy) : 0;
}
