/** The mixer: lanes, each with a gain to the left and one to the right, which move along lines, so that nothing clicks. */
import { balanced, type SideGains } from "../tracks/pan.ts";

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
export const silentLane: SideGains = { left: 0, right: 0 };

/** Whether a lane is heard among its neighbours: if it is not muted, and soloed where any is. */
export function isHeard(setting: LaneSetting, all: readonly LaneSetting[]): boolean {
  return !setting.muted && (setting.soloed || !all.some(({ soloed }) => soloed));
}

/** The gains of all lanes. */
export function laneGains(settings: readonly LaneSetting[]): readonly SideGains[] {
  return settings.map((setting) =>
    isHeard(setting, settings) ? balanced(setting.gain, setting.pan) : silentLane,
  );
}

/** Mixes lanes into two channels, and measures each lane as it is heard. */
export class LaneMixer {
  readonly #ramp: number;
  /** Left and right of each lane. */
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
  set(gains: readonly SideGains[], atOnce = false): void {
    const sides = 2 * gains.length;
    if (sides !== this.#now.length) {
      this.#now = new Float64Array(sides);
      this.#goal = new Float64Array(sides);
      this.#step = new Float64Array(sides);
      this.#peaks = new Float32Array(gains.length);
      atOnce = true;
    }
    for (const [lane, { left, right }] of gains.entries()) {
      this.#goal[2 * lane] = left;
      this.#goal[2 * lane + 1] = right;
    }
    if (atOnce) this.#now.set(this.#goal);
    this.#left = atOnce ? 0 : this.#ramp;
    for (let i = 0; i < sides; i++) this.#step[i] = (this.#goal[i] - this.#now[i]) / this.#ramp;
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
      let peak = this.#peaks[lane];
      for (let side = 0; side < 2; side++) {
        const samples = lanes[lane][side] ?? lanes[lane][0];
        const out = into[side];
        const i = 2 * lane + side;
        let gain = this.#now[i];
        for (let n = 0; n < moving; n++) {
          gain += this.#step[i];
          const v = gain * samples[from + n];
          out[at + n] += v;
          peak = Math.max(peak, Math.abs(v));
        }
        if (moving === this.#left) gain = this.#goal[i];
        this.#now[i] = gain;
        if (gain === 0) continue;
        for (let n = moving; n < frames; n++) {
          const v = gain * samples[from + n];
          out[at + n] += v;
          if (v > peak) peak = v;
          else if (-v > peak) peak = -v;
        }
      }
      this.#peaks[lane] = peak;
    }
    this.#left -= moving;
  }
}
