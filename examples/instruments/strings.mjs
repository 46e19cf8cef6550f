/** Plucked strings: an electric bass and a steel-string guitar, by a travelling wave in a delay line. */
import { filter, hertz, noise, SAMPLE_RATE, samples } from "./sound.mjs";

/**
 * @param brightness 0 to 1: how hard the pick is, how little of the highs each turn takes
 * @param position where it is plucked, as a part of the string
 * @param sustain seconds to 1/1000
 */
function pluck(note, seconds, { brightness, position, sustain, seed }) {
  const frequency = hertz(note);
  const period = SAMPLE_RATE / frequency;
  const next = noise(seed);
  const pick = filter(400 + 9000 * brightness ** 2);
  // Half a sample of delay comes from the averaging below, the rest from an all-pass.
  const damping = 0.5 * (1 - brightness) + 0.02;
  const whole = Math.floor(period - damping - 0.3);
  const part = period - damping - whole;
  const allPass = (1 - part) / (1 + part);
  const line = Float64Array.from({ length: whole }, (_, i) => {
    const shape = i / whole < position ? i / whole / position : (1 - i / whole) / (1 - position);
    return pick.low(0.6 * next() + (shape - 0.5));
  });
  const mean = line.reduce((sum, x) => sum + x, 0) / whole;
  for (let i = 0; i < whole; i++) line[i] -= mean;
  const loss = 10 ** (-3 / (frequency * sustain));
  const out = new Float64Array(samples(seconds));
  let before = 0;
  let x1 = 0;
  let y1 = 0;
  for (let i = 0; i < out.length; i++) {
    const at = i % whole;
    const x = line[at];
    const soft = loss * ((1 - damping) * x + damping * before);
    before = x;
    const y = allPass * soft + x1 - allPass * y1;
    x1 = soft;
    y1 = y;
    line[at] = y;
    // The finger comes down a little before the end.
    const rest = (out.length - i) / SAMPLE_RATE;
    out[i] = x * Math.min(1, rest / 0.03, i / 30);
  }
  return out;
}

/** A bass guitar through its amplifier. */
export function bass(note, seconds, seed) {
  const string = pluck(note, seconds, { brightness: 0.42, position: 0.2, sustain: 4, seed });
  const [body, amplifier] = [filter(110, 1.1), filter(2600)];
  return string.map((x) => amplifier.low(Math.tanh(1.3 * (x + 0.9 * body.low(x)))));
}

/** One string of a guitar. */
export function guitar(note, seconds, seed) {
  const string = pluck(note, seconds, { brightness: 0.86, position: 0.13, sustain: 3, seed });
  const [rumble, wood] = [filter(140), filter(210, 2)];
  return string.map((x) => rumble.high(x) + 0.35 * wood.band(x));
}
