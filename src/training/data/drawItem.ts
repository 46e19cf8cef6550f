/** Random mixes: an item of a batch is drawn from its seed alone, whoever draws it and when. */
import { ArgumentError } from "../../errors.ts";
import { type Target, targets } from "../../networks/index.ts";
import type { TrainingItem } from "../preparedBatch.ts";
import {
  type Augmentation,
  changeTime,
  colour,
  drawSilences,
  drawTimeChange,
  samplesToRead,
  type TimeChange,
} from "./augmentation.ts";
import { type CachedSong, readExcerpt } from "./cachedSong.ts";
import { Random } from "./random.ts";
import { type StereoSamples, silence } from "./stereo.ts";

/** What items are drawn from. */
export interface Corpus {
  readonly songs: readonly CachedSong[];
  /** Single sounds of each target. */
  readonly sounds: Readonly<Record<Target, readonly CachedSong[]>>;
}

export interface DrawSettings {
  readonly seed: number;
  /** Samples per item and channel. */
  readonly samples: number;
  readonly augmentations: readonly Augmentation[];
  /** Share of items whose sources come from one song, at one place; the original: 0. */
  readonly coherent: number;
  /** Probability that a source is a single sound, where its target has any; the original: 0. */
  readonly sounds: number;
}

/**
 * Item number `item` of step number `step`.
 *
 * By default as the original: each source is an excerpt of a song of its own, uniformly drawn with replacement, from a
 * uniformly drawn place. Songs that are shorter lie at a random place in silence.
 */
export function drawItem(
  corpus: Corpus,
  settings: DrawSettings,
  step: number,
  item: number,
): TrainingItem {
  const { songs, sounds } = corpus;
  const { seed, augmentations: kinds } = settings;
  if (songs.length === 0) throw new ArgumentError("There are no songs to train with.");
  const random = Random.of(seed, step, item);
  const shared = random.chance(settings.coherent) ? drawPlace(random, songs, settings) : undefined;
  const stems = targets.map((target) => {
    // Always drawn, so that a share of 0 and one that never strikes give the same items.
    const single = random.chance(settings.sounds) && sounds[target].length > 0;
    const place = shared ?? drawPlace(random, single ? sounds[target] : songs, settings);
    return colour(random, kinds, readPlace(place, target, settings.samples));
  });
  const silent = drawSilences(random, kinds, stems.length);
  return { stems: stems.map((stem, i) => (silent[i] ? silence(settings.samples) : stem)) };
}

/** An excerpt before it is read. */
interface Place {
  readonly song: CachedSong;
  readonly start: number;
  readonly change: TimeChange;
}

function drawPlace(random: Random, songs: readonly CachedSong[], settings: DrawSettings): Place {
  const song = songs[random.integer(songs.length)];
  const change = drawTimeChange(random, settings.augmentations);
  // A shorter song starts after the excerpt's start.
  const room = song.frames - samplesToRead(settings.samples, change);
  const start = Math.sign(room) * random.integer(Math.abs(room) + 1);
  return { song, start, change };
}

function readPlace({ song, start, change }: Place, target: Target, samples: number): StereoSamples {
  const source = readExcerpt(song, target, start, samplesToRead(samples, change));
  return changeTime(source, change, samples);
}
