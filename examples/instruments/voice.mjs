/** A voice that sings syllables: pulses of the glottis through moving formants, breath, and consonants of noise. */
import { filter, hertz, noise, resonator, SAMPLE_RATE, samples } from "./sound.mjs";

const { exp, max, min, PI, sin } = Math;

/** Formants in Hz. */
const vowels = {
  a: [820, 1250, 2850, 3700, 4900],
  e: [480, 1950, 2800, 3700, 4900],
  i: [330, 2250, 3000, 3750, 4950],
  o: [510, 900, 2750, 3600, 4850],
  u: [370, 760, 2600, 3600, 4850],
};
const bandwidths = [75, 95, 130, 190, 260];

/** Consonants: noise about a frequency, in front of the note by `lead` seconds; `stop` begins with a burst. */
const consonants = {
  s: { about: 7200, lead: 0.11, gain: 0.3 },
  sh: { about: 3400, lead: 0.1, gain: 0.28 },
  t: { about: 4500, lead: 0.045, gain: 0.5, stop: true },
  k: { about: 1900, lead: 0.05, gain: 0.4, stop: true },
  h: { about: 1500, lead: 0.07, gain: 0.14 },
};

/** Flow of the glottis over one period, differentiated: a slow opening, a sudden closing. */
function pulse(phase) {
  const open = 0.58;
  if (phase >= open) return 0;
  const x = phase / open;
  return (2 * x - 3 * x * x) * 2.2;
}

/**
 * Sings a phrase.
 * @param syllables notes in order: {at, seconds, note, vowel, consonant?, accent?}
 * @returns the sound from time 0 to the end of the last note
 */
export function sing(syllables, seed) {
  const last = syllables[syllables.length - 1];
  const out = new Float64Array(samples(last.at + last.seconds + 0.15));
  const next = noise(seed);
  const formants = bandwidths.map(() => resonator());
  const breathHigh = filter(1200);
  const target = [...vowels[syllables[0].vowel]];
  let pitch = syllables[0].note - 2;
  let level = 0;
  let phase = 0;
  let drift = 0;
  let index = 0;
  for (let i = 0; i < out.length; i++) {
    const t = i / SAMPLE_RATE;
    if (index + 1 < syllables.length && t >= syllables[index + 1].at - 0.03) {
      // After a rest the voice begins anew, a little below.
      if (level < 0.05) pitch = syllables[index + 1].note - 1.5;
      index++;
    }
    const { at, seconds, note, vowel, consonant, accent = 1 } = syllables[index];
    const sounding = t >= at && t < at + seconds;
    const hush = consonant && consonants[consonant].stop && t < at ? 0 : 1;
    level += ((sounding ? accent : 0) * hush - level) * (sounding ? 1 / 900 : 1 / 1300);
    pitch += (note - pitch) / 1500;
    drift += (next() - drift) / 6000;
    const vibrato = 0.42 * min(1, max(0, (t - at - 0.12) / 0.25)) * sin(2 * PI * 5.6 * t);
    phase += hertz(pitch + vibrato + 4 * drift) / SAMPLE_RATE;
    if (phase >= 1) phase -= 1;
    if (i % 32 === 0) {
      for (let k = 0; k < 5; k++) {
        target[k] += (vowels[vowel][k] - target[k]) * 0.018;
        formants[k].tune(target[k], bandwidths[k]);
      }
    }
    const breath = 0.05 * breathHigh.high(next()) * (0.4 + (phase < 0.58 ? 1 : 0));
    let x = level * (pulse(phase) + breath);
    for (const formant of formants) x = formant.next(x);
    out[i] = x;
  }
  // Cascaded resonators take away the highs; lips give them back.
  let before = 0;
  for (let i = 0; i < out.length; i++) {
    const x = out[i];
    out[i] = 0.45 * x + 1.6 * (x - before);
    before = x;
  }
  for (const syllable of syllables) if (syllable.consonant) hiss(out, syllable, next);
  return out;
}

function hiss(out, { at, consonant, accent = 1 }, next) {
  const { about, lead, gain, stop } = consonants[consonant];
  const [first, second] = [filter(about, 1.3), filter(about, 0.9)];
  const from = samples(max(0, at - lead));
  const count = samples(lead + 0.03);
  for (let i = 0; i < count && from + i < out.length; i++) {
    const t = i / SAMPLE_RATE;
    const end = min(1, (count - i) / SAMPLE_RATE / 0.03);
    const shape = stop ? exp(-t / 0.016) : min(1, t / 0.03);
    out[from + i] += accent * gain * shape * end * second.band(first.band(next())) * 1.6;
  }
}
