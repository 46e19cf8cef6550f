/** The common ground of the instruments: time, pitch, repeatable noise, filters, and stereo tracks to put sounds on. */

export const SAMPLE_RATE = 44100;

/** Samples in a time of seconds. */
export const samples = (seconds) => Math.round(seconds * SAMPLE_RATE);

/** Frequency in Hz of a MIDI note; 69 is 440 Hz. */
export const hertz = (note) => 440 * 2 ** ((note - 69) / 12);

/** Repeatable white noise in [-1, 1). */
export function noise(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

/** A sound of `seconds`, sample by sample from time and index. */
export function sound(seconds, sample) {
  return Float64Array.from({ length: samples(seconds) }, (_, i) => sample(i / SAMPLE_RATE, i));
}

/** Second-order resonator of gain 1 at 0 Hz, as in formant synthesis. */
export function resonator() {
  let a = 1;
  let b = 0;
  let c = 0;
  let y1 = 0;
  let y2 = 0;
  return {
    tune(frequency, bandwidth) {
      const radius = Math.exp((-Math.PI * bandwidth) / SAMPLE_RATE);
      b = 2 * radius * Math.cos((2 * Math.PI * frequency) / SAMPLE_RATE);
      c = -radius * radius;
      a = 1 - b - c;
    },
    next(x) {
      const y = a * x + b * y1 + c * y2;
      y2 = y1;
      y1 = y;
      return y;
    },
  };
}

/** Two-pole filters (state variable form): what is below, about and above a frequency. */
export function filter(frequency, quality = 0.7) {
  const g = Math.tan((Math.PI * frequency) / SAMPLE_RATE);
  const k = 1 / quality;
  const gain = 1 / (1 + g * (g + k));
  let s1 = 0;
  let s2 = 0;
  const step = (x) => {
    const band = gain * (g * (x - s2) + s1);
    const low = s2 + g * band;
    s1 = 2 * band - s1;
    s2 = 2 * low - s2;
    return [low, k * band, x - k * band - low];
  };
  return {
    low: (x) => step(x)[0],
    band: (x) => step(x)[1],
    high: (x) => step(x)[2],
  };
}

/** A stereo track. */
export class Track {
  constructor(seconds) {
    this.left = new Float64Array(samples(seconds));
    this.right = new Float64Array(samples(seconds));
  }

  /** Adds a sound at a time, panned from -1 (left) to 1 (right) with constant power. */
  add(wave, at, gain = 1, pan = 0) {
    const angle = ((pan + 1) * Math.PI) / 4;
    const [left, right] = [gain * Math.cos(angle), gain * Math.sin(angle)];
    const from = samples(at);
    const count = Math.min(wave.length, this.left.length - from);
    for (let i = 0; i < count; i++) {
      this.left[from + i] += left * wave[i];
      this.right[from + i] += right * wave[i];
    }
  }

  /** Adds a room: four delays that feed each other, darker with every turn. */
  reverberate({ wet, seconds }) {
    const lengths = [1433, 1801, 2251, 2663];
    const lines = lengths.map((length) => new Float64Array(length));
    const feedback = lengths.map((length) => 10 ** ((-3 * length) / (seconds * SAMPLE_RATE)));
    const dark = [0, 0, 0, 0];
    for (let i = 0; i < this.left.length; i++) {
      const out = lines.map((line, k) => {
        dark[k] += 0.45 * (line[i % lengths[k]] - dark[k]);
        return dark[k];
      });
      const mean = (out[0] + out[1] + out[2] + out[3]) / 2;
      const input = [this.left[i], this.right[i], this.left[i], this.right[i]];
      for (let k = 0; k < 4; k++) {
        lines[k][i % lengths[k]] = input[k] + feedback[k] * (out[k] - mean);
      }
      this.left[i] += wet * (out[0] - out[2]);
      this.right[i] += wet * (out[1] - out[3]);
    }
  }

  /** Adds echoes, each `gain` times the one before, changing sides. */
  echo({ seconds, gain, side = 0.5 }) {
    const delay = samples(seconds);
    const left = new Float64Array(this.left.length);
    const right = new Float64Array(this.left.length);
    for (let i = delay; i < left.length; i++) {
      const l = this.left[i - delay] + left[i - delay];
      const r = this.right[i - delay] + right[i - delay];
      left[i] = gain * ((1 - side) * l + side * r);
      right[i] = gain * ((1 - side) * r + side * l);
    }
    for (let i = 0; i < left.length; i++) {
      this.left[i] += left[i];
      this.right[i] += right[i];
    }
  }
}
