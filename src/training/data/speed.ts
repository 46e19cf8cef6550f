/** Faster and higher, or slower and lower, as a tape: resampling by any ratio. */
import { type StereoSamples, silence } from "./stereo.ts";

/** Zero crossings of the sinc on each side. */
const CROSSINGS = 10;
/** Table points between two crossings; values between them are interpolated. */
const POINTS = 256;

/** Half of a sinc under a Kaiser window (β = 8: side lobes 80 dB down). */
const table: Float64Array = (() => {
  const values = new Float64Array(CROSSINGS * POINTS + 2);
  for (let i = 0; i < values.length; i++) {
    const x = i / POINTS;
    const sinc = x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
    const inside = 1 - (x / CROSSINGS) ** 2;
    values[i] = inside > 0 ? (sinc * bessel(8 * Math.sqrt(inside))) / bessel(8) : 0;
  }
  return values;
})();

/** Modified Bessel function of the first kind, order 0, by its series. */
function bessel(x: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; term > 1e-17 * sum; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

/** Input samples that {@link changeSpeed} needs for `samples` of output: what it looks for beyond its end is zero. */
export function samplesForSpeed(samples: number, speed: number): number {
  return Math.ceil(samples * speed);
}

/**
 * Plays two channels at another speed: a ratio above 1 makes them shorter and higher.
 *
 * Output sample n is the input at time n·speed, by windowed-sinc interpolation; what would lie above half the sample
 * rate is filtered away.
 *
 * @param speed 0.25 to 4
 * @param samples length of the result
 */
export function changeSpeed(
  [left, right]: StereoSamples,
  speed: number,
  samples: number,
): StereoSamples {
  const [outLeft, outRight] = silence(samples);
  // Above 1 the filter grows longer and lower.
  const cutoff = Math.min(1, 1 / speed);
  const reach = CROSSINGS / cutoff;
  const step = cutoff * POINTS;
  for (let n = 0; n < samples; n++) {
    const time = n * speed;
    const first = Math.max(0, Math.ceil(time - reach));
    const last = Math.min(left.length - 1, Math.floor(time + reach));
    let sumLeft = 0;
    let sumRight = 0;
    let place = (time - first) * step;
    for (let i = first; i <= last; i++, place -= step) {
      const at = Math.abs(place);
      const whole = at | 0;
      const from = table[whole];
      const weight = from + (at - whole) * (table[whole + 1] - from);
      sumLeft += left[i] * weight;
      sumRight += right[i] * weight;
    }
    outLeft[n] = sumLeft * cutoff;
    outRight[n] = sumRight * cutoff;
  }
  return [outLeft, outRight];
}
