/** Where a sound stands between left and right. */

/** Gains of the left and the right channel. */
export interface SideGains {
  readonly left: number;
  readonly right: number;
}

/**
 * Balance: turned to one side, the other one becomes quieter, and in the middle nothing is changed. A mono sound is one of
 * two equal channels.
 * @param gain linear
 * @param pan from -1 (left) to 1 (right)
 */
export function balanced(gain: number, pan: number): SideGains {
  return { left: gain * Math.min(1, 1 - pan), right: gain * Math.min(1, 1 + pan) };
}
