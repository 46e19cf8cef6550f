/** Where a sound stands between left and right: the law of Web Audio's StereoPannerNode for stereo sounds. */

/** How much of each input channel goes into each output channel. */
export interface PanMatrix {
  readonly leftToLeft: number;
  readonly rightToLeft: number;
  readonly leftToRight: number;
  readonly rightToRight: number;
}

/**
 * In the middle nothing is changed, to the last bit; towards a side, the other side's sound is moved over and nothing is lost.
 * A mono sound is one of two equal channels.
 * @param pan from -1 (left) to 1 (right)
 * @param gain linear
 */
export function panMatrix(pan: number, gain: number): PanMatrix {
  const angle = (Math.abs(pan) * Math.PI) / 2;
  const moved = pan === 0 ? 0 : gain * Math.sin(angle);
  const left = pan === 0 ? gain : gain * Math.cos(angle);
  return pan <= 0
    ? { leftToLeft: gain, rightToLeft: moved, leftToRight: 0, rightToRight: left }
    : { leftToLeft: left, rightToLeft: 0, leftToRight: moved, rightToRight: gain };
}
