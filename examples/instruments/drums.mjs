/** A drum kit: each stroke a sound of its own. */
import { filter, noise, sound } from "./sound.mjs";

const { PI, exp, sin, tanh } = Math;

/** A skin whose pitch falls from `high` to `low` Hz. */
function skin(seconds, low, high, fall, decay) {
  let phase = 0;
  return sound(seconds, (t) => {
    phase += (2 * PI * (low + (high - low) * exp(-t / fall))) / 44100;
    return sin(phase) * exp(-t / decay);
  });
}

export function kick(seed) {
  const next = noise(seed);
  const beater = filter(3200);
  const body = skin(0.45, 50, 210, 0.018, 0.13);
  return body.map((x, i) => {
    const t = i / 44100;
    return tanh(1.8 * x) * 0.9 + beater.low(next()) * 0.9 * exp(-t / 0.005);
  });
}

export function snare(seed) {
  const next = noise(seed);
  const wires = filter(1800);
  const air = filter(9500);
  const body = skin(0.4, 182, 330, 0.012, 0.07);
  const ring = skin(0.4, 333, 420, 0.01, 0.045);
  return body.map((x, i) => {
    const t = i / 44100;
    const rattle = air.low(wires.high(next())) * (exp(-t / 0.075) + 1.2 * exp(-t / 0.008));
    return tanh(0.75 * x + 0.35 * ring[i] + 0.75 * rattle);
  });
}

/** Struck metal: six square waves that share no ratio, and noise, above `low` Hz. */
function metal(seconds, decay, low, seed) {
  const next = noise(seed);
  const [first, second] = [filter(low, 0.9), filter(low, 0.7)];
  const tones = [263, 400, 421, 474, 587, 845].map((f) => 8.1 * f);
  return sound(seconds, (t) => {
    let plates = 0;
    for (const f of tones) plates += (t * f) % 1 < 0.5 ? 1 : -1;
    const x = second.high(first.high(0.09 * plates + 0.6 * next()));
    return x * (exp(-t / decay) + 0.6 * exp(-t / 0.006)) * (1 - exp(-t / 0.0006));
  });
}

export const closedHat = (seed) => metal(0.12, 0.022, 7200, seed);
export const openHat = (seed) => metal(0.5, 0.14, 6800, seed);
export const crash = (seed) => metal(2.2, 0.55, 3300, seed);

export function tom(low, seed) {
  const next = noise(seed);
  const stick = filter(2500);
  return skin(0.5, low, 1.7 * low, 0.03, 0.16).map(
    (x, i) => tanh(1.4 * x) + 0.5 * stick.low(next()) * exp(-i / 44100 / 0.01),
  );
}
