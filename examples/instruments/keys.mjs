/** Keys: an electric piano by frequency modulation, and a pad of detuned saws. */
import { filter, hertz, SAMPLE_RATE, samples, sound } from "./sound.mjs";

const { PI, exp, min, sin } = Math;

export function electricPiano(note, seconds) {
  const w = 2 * PI * hertz(note);
  return sound(seconds, (t) => {
    const tine = 0.16 * exp(-t / 0.12) * sin(14 * w * t);
    const bar = sin(w * t + (0.35 + 1.5 * exp(-t / 0.25)) * sin(w * t));
    return (bar + tine) * exp(-t / 1.1) * min(1, t / 0.002, (seconds - t) / 0.06);
  });
}

export function pad(note, seconds, detune) {
  const step = (hertz(note) * 2 ** (detune / 1200)) / SAMPLE_RATE;
  const low = filter(1500);
  const out = new Float64Array(samples(seconds));
  let phase = (note * 0.37 + detune * 0.11) % 1;
  if (phase < 0) phase += 1;
  for (let i = 0; i < out.length; i++) {
    const t = i / SAMPLE_RATE;
    phase = (phase + step) % 1;
    out[i] = low.low(2 * phase - 1) * min(1, t / 0.25, (seconds - t) / 0.3);
  }
  return out;
}
