/** The mixer: lanes, each with its gains from side to side, which move along lines, so that nothing clicks. */
import { type PanMatrix, panMatrix } from "../tracks/pan.ts";

/** What a user sets of a lane. */
export interface LaneSetting {
  /** Linear; 1 leaves the lane as it is. */
  readonly gain: number;
  /** -1 is left, 1 is right. */
  readonly pan: number;
  readonly muted: boolean;
  /** While any lane is soloed, the others are silent. */
  readonly soloed: boolean;
}

/** A lane as it came. */
export const plainLane: LaneSetting = { gain: 1, pan: 0, muted: false, soloed: false };

/** A lane that is not heard. */
export const silentLane: PanMatrix = panMatrix(0, 0);

/** Whether a lane is heard among its neighbours: if it is not muted, and soloed where any is. */
export function isHeard(setting: LaneSetting, all: readonly LaneSetting[]): boolean {
  return !setting.muted && (setting.soloed || !all.some(({ soloed }) => soloed));
}

/** The gains of all lanes. */
export function laneGains(settings: readonly LaneSetting[]): readonly PanMatrix[] {
  return settings.map((setting) =>
    isHeard(setting, settings) ? panMatrix(setting.pan, setting.gain) : silentLane,
  );
}

/** Gains of a lane: from left and right to the left, from left and right to the right. */
const GAINS = 4;

/** Mixes lanes into two channels, and measures each lane as it is heard. */
export class LaneMixer {
  readonly #ramp: number;
  #now = new Float64Array(0);
  #goal = new Float64Array(0);
  #step = new Float64Array(0);
  /** Frames until the goals are reached. */
  #left = 0;
  #peaks = new Float32Array(0);

  /** @param ramp frames in which gains reach what they were set to */
  constructor(ramp: number) {
    this.#ramp = ramp;
  }

  /** Highest absolute sample of each lane, as heard, since the last call. */
  takePeaks(): Float32Array<ArrayBuffer> {
    const peaks = this.#peaks.slice();
    this.#peaks.fill(0);
    return peaks;
  }

  /** Sets the gains: along a line, or at once where nothing sounds or the number of lanes is another. */
  set(lanes: readonly PanMatrix[], atOnce = false): void {
    const count = GAINS * lanes.length;
    const anew = count !== this.#now.length;
    if (anew) {
      this.#now = new Float64Array(count);
      this.#goal = new Float64Array(count);
      this.#step = new Float64Array(count);
      this.#peaks = new Float32Array(lanes.length);
    }
    for (const [lane, matrix] of lanes.entries()) {
      const { leftToLeft, rightToLeft, leftToRight, rightToRight } = matrix;
      this.#goal.set([leftToLeft, rightToLeft, leftToRight, rightToRight], GAINS * lane);
    }
    if (atOnce || anew) this.#now.set(this.#goal);
    this.#left = atOnce || anew ? 0 : this.#ramp;
    for (let i = 0; i < count; i++) this.#step[i] = (this.#goal[i] - this.#now[i]) / this.#ramp;
  }

  /**
   * Writes the sum of the lanes.
   * @param lanes of each lane one channel or two
   * @param from the first frame of the lanes that is mixed
   * @param into two channels, written from `at` on
   */
  mix(
    lanes: readonly (readonly Float32Array[])[],
    from: number,
    into: readonly Float32Array[],
    at: number,
    frames: number,
  ): void {
    for (const channel of into) channel.fill(0, at, at + frames);
    const moving = Math.min(frames, this.#left);
    const count = Math.min(lanes.length, this.#peaks.length);
    for (let lane = 0; lane < count; lane++) {
      const [left, right = left] = lanes[lane];
      for (let side = 0; side < 2; side++) {
        this.#add(GAINS * lane + 2 * side, left, right, from, into[side], at, frames, moving);
      }
    }
    this.#left -= moving;
  }

  /** Adds a lane to a side. @param i of its two gains. @param moving frames in which these move */
  #add(
    i: number,
    left: Float32Array,
    right: Float32Array,
    from: number,
    out: Float32Array,
    at: number,
    frames: number,
    moving: number,
  ): void {
    let [fromLeft, fromRight] = [this.#now[i], this.#now[i + 1]];
    let peak = this.#peaks[i >> 2];
    for (let n = 0; n < moving; n++) {
      fromLeft += this.#step[i];
      fromRight += this.#step[i + 1];
      const v = fromLeft * left[from + n] + fromRight * right[from + n];
      out[at + n] += v;
      peak = Math.max(peak, Math.abs(v));
    }
    if (moving === this.#left) {
      fromLeft = this.#goal[i];
      fromRight = this.#goal[i + 1];
    }
    this.#now[i] = fromLeft;
    this.#now[i + 1] = fromRight;
    if (fromLeft !== 0 || fromRight !== 0) {
      for (let n = moving; n < frames; n++) {
        const v = fromLeft * left[from + n] + fromRight * right[from + n];
        out[at + n] += v;
        peak = Math.max(peak, Math.abs(v));
      }
    }
    this.#peaks[i >> 2] = peak;
  }
}
