/** Pieces of songs to validate on: unaltered, the same in every epoch. */

import { targets } from "../../networks/index.ts";
import type { TrainingItem } from "../preparedBatch.ts";
import { type CachedSong, readExcerpt } from "./cachedSong.ts";

/** A piece of a song. */
export interface Crop {
  readonly song: CachedSong;
  /** First sample. */
  readonly start: number;
  /** Samples per channel. */
  readonly samples: number;
}

/**
 * Cuts songs for validation.
 *
 * @param piece most samples of a crop; longer songs give several, of which the last ends with the song and may overlap
 *   the one before
 * @param middle take only one crop of each song, from its middle
 * @param least songs shorter than this are padded with silence
 */
export function validationCrops(
  songs: readonly CachedSong[],
  piece: number,
  middle: boolean,
  least: number,
): readonly Crop[] {
  return songs.flatMap((song) => {
    const samples = Math.max(least, Math.min(piece, song.frames));
    if (samples >= song.frames) return [{ song, start: 0, samples }];
    if (middle) return [{ song, start: Math.floor((song.frames - samples) / 2), samples }];
    const count = Math.ceil(song.frames / samples);
    return Array.from({ length: count }, (_, i) => {
      const start = Math.min(i * samples, song.frames - samples);
      return { song, start, samples };
    });
  });
}

/** Crops in batches of one length each. */
export function cropBatches(crops: readonly Crop[], most: number): readonly (readonly Crop[])[] {
  const batches: Crop[][] = [];
  const open = new Map<number, Crop[]>();
  for (const crop of crops) {
    const batch = open.get(crop.samples) ?? [];
    if (batch.length === 0) batches.push(batch);
    batch.push(crop);
    if (batch.length === most) open.delete(crop.samples);
    else open.set(crop.samples, batch);
  }
  return batches;
}

/** The four stems, and the mixture where the song has one of its own. */
export function readCrop({ song, start, samples }: Crop): TrainingItem {
  const stems = targets.map((target) => readExcerpt(song, target, start, samples));
  const own = song.parts.some(({ part }) => part === "mixture");
  return own ? { stems, mixture: readExcerpt(song, "mixture", start, samples) } : { stems };
}
