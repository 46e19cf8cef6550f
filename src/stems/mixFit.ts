/** Makes stems sum to the song: shares out what they leave of it. */
import type { StemChannels } from "./songRate.ts";

/** Frames over which powers are averaged: about 20 ms at usual rates. */
const MEMORY = 1024;

/** A power of nothing: lower ones are numbers that processors are slow with. */
const SILENCE = 1e-60;

/**
 * Gives each stem a share of song − Σ stems in proportion to its power at the time (a running mean of the squares of
 * its channels): what is silent stays silent. Where all stems are silent they get equal shares.
 *
 * In float32 the sum of the results differs from the song by one rounding: the last stem is what the others leave.
 */
export class MixFit {
  readonly #names: readonly string[];
  readonly #powers: Float64Array;

  /** @param names of all stems */
  constructor(names: readonly string[]) {
    this.#names = names;
    this.#powers = new Float64Array(names.length);
  }

  /** New arrays. How the song is cut into blocks does not matter. */
  apply(stems: StemChannels, song: readonly Float32Array[]): StemChannels {
    const count = this.#names.length;
    const rows = this.#names.map((name) => stems[name]);
    const out = rows.map((row) => row.map((channel) => new Float32Array(channel.length)));
    const powers = this.#powers;
    const frames = song[0].length;
    for (let i = 0; i < frames; i++) {
      let all = 0;
      for (let j = 0; j < count; j++) {
        let power = 0;
        for (const channel of rows[j]) power += channel[i] * channel[i];
        powers[j] += (power - powers[j]) / MEMORY;
        if (powers[j] < SILENCE) powers[j] = 0;
        all += powers[j];
      }
      for (let c = 0; c < song.length; c++) {
        let rest = song[c][i];
        for (let j = 0; j < count; j++) rest -= rows[j][c][i];
        let sum = 0;
        for (let j = 0; j < count - 1; j++) {
          const share = all > 0 ? powers[j] / all : 1 / count;
          out[j][c][i] = rows[j][c][i] + share * rest;
          sum += out[j][c][i];
        }
        out[count - 1][c][i] = song[c][i] - sum;
      }
    }
    return Object.fromEntries(this.#names.map((name, j) => [name, out[j]]));
  }
}
