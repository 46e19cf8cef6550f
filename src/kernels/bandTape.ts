/** The plain twins of the kernels for one band of HAAQI's gradient; see assembly/bandTape.ts. */
import { doubles } from "./lanes.ts";

const TINY = 1e-30;
const LEAST_POWER = 1e-60;

/** The adaptation's recursion. */
const { m1, m2, m11, m12, m21, m22 } = (() => {
  const d = 1 / (36.75 * 480.5 - 0.125);
  return {
    m1: (d * 480.5) / 4,
    m2: (d * 0.25) / 4,
    m11: d * 480.5 * 36,
    m12: d * 0.5 * 480,
    m21: d * 0.25 * 36,
    m22: d * 36.75 * 480,
  };
})();

/** Sequences of a band, and their gradients. */
export interface BandTapeKernels {
  /** HAAQI's gradient: a filter; Σ|out|². See assembly/bandTape.ts. */
  gammatoneForward(
    pole: number,
    signal: number,
    carrier: number,
    count: number,
    poles: number,
    out: number,
  ): number;
  /** HAAQI's gradient: the way back; the gradient by the pole. */
  gammatoneBack(
    pole: number,
    carrier: number,
    poles: number,
    byOutput: number,
    count: number,
    bySignal: number,
  ): number;
  /** HAAQI's gradient: smooths gains; envelopes and motions of a filter's output. */
  compressBand(
    output: number,
    carrier: number,
    raw: number,
    count: number,
    b: number,
    a: number,
    factor: number,
    gains: number,
    envelopes: number,
    motions: number,
  ): void;
  /** HAAQI's gradient: adapts levels in place; their motions. */
  adaptBand(levels: number, amplitudes: number, motions: number, count: number, out: number): void;
  /** HAAQI's gradient: the way back, in place of two gradients. */
  adaptBack(
    levels: number,
    amplitudes: number,
    motions: number,
    count: number,
    threshold: number,
    perNeper: number,
    byLevels: number,
    byMotions: number,
  ): void;
  /** HAAQI's gradient: the way back, in place of two gradients and the raw gains. */
  compressBack(
    control: number,
    raw: number,
    gains: number,
    envelopes: number,
    motions: number,
    count: number,
    b: number,
    a: number,
    scale: number,
    least: number,
    most: number,
    exponent: number,
    byEnvelopes: number,
    byMotions: number,
  ): void;
  /** HAAQI's gradient: back to a filter's output; the gradient by `factor`. */
  envelopeBack(
    output: number,
    carrier: number,
    envelopes: number,
    motions: number,
    byEnvelopes: number,
    byMotions: number,
    count: number,
    factor: number,
    perSample: number,
    byOutput: number,
  ): number;
  /** HAAQI's gradient: factor·(weights + each)·signal. */
  weighComplex(
    signal: number,
    weights: number,
    each: number,
    factor: number,
    count: number,
    out: number,
  ): void;
}

/** Makes the twins on a memory. @internal */
export function plainBandTape(memory: WebAssembly.Memory): BandTapeKernels {
  const real = (pointer: number, count: number) =>
    doubles(memory).subarray(pointer / 8, pointer / 8 + count);
  const complex = (pointer: number, count: number) => real(pointer, 2 * count);
  return {
    gammatoneForward(a, signal, carrier, count, poles, out) {
      const [x, w] = [real(signal, count), complex(carrier, count)];
      const [p, u] = [complex(poles, count), complex(out, count)];
      let sum = 0;
      for (const part of [0, 1]) {
        let [p1, p2, p3, p4, before, earlier] = [0, 0, 0, 0, 0, 0];
        for (let n = 0; n < count; n++) {
          p1 = x[n] * w[2 * n + part] + a * p1;
          p2 = p1 + a * p2;
          p3 = p2 + a * p3;
          earlier = before;
          before = p4;
          p4 = p3 + a * p4;
          p[2 * n + part] = p4;
          const value = p4 + 4 * a * before + 4 * a * a * earlier;
          u[2 * n + part] = value;
          sum += value * value;
        }
      }
      return sum;
    },

    gammatoneBack(a, carrier, poles, byOutput, count, bySignal) {
      const [w, g, by] = [complex(carrier, count), complex(byOutput, count), real(bySignal, count)];
      const p = complex(poles - 32, count + 2);
      let byPole = 0;
      for (const part of [0, 1]) {
        let [g1, g2, l1, l2, l3, l4] = [0, 0, 0, 0, 0, 0];
        for (let n = count - 1; n >= 0; n--) {
          const here = g[2 * n + part];
          const [earlier, before] = [p[2 * n + part], p[2 * n + 2 + part]];
          l1 = here + 4 * a * g1 + 4 * a * a * g2 + a * l1;
          l2 = l1 + a * l2;
          l3 = l2 + a * l3;
          l4 = l3 + a * l4;
          byPole += 4 * l1 * before + here * (4 * before + 8 * a * earlier);
          by[n] += l4 * w[2 * n + part];
          g2 = g1;
          g1 = here;
        }
      }
      return byPole;
    },

    compressBand(output, carrier, raw, count, b, a, factor, gains, envelopes, motions) {
      const [u, w, r] = [complex(output, count), complex(carrier, count), real(raw, count)];
      const [g, e, m] = [gains, envelopes, motions].map((pointer) => real(pointer, count));
      let [gain, before] = [0, 0];
      for (let n = 0; n < count; n++) {
        gain = b * (r[n] + before) + a * gain;
        before = r[n];
        g[n] = gain;
        e[n] = factor * Math.sqrt(u[2 * n] ** 2 + u[2 * n + 1] ** 2);
        m[n] = factor * (u[2 * n] * w[2 * n] + u[2 * n + 1] * w[2 * n + 1]);
      }
    },

    adaptBand(levels, amplitudes, motions, count, out) {
      const [s, x] = [real(levels, count), real(amplitudes, count)];
      const [m, to] = [real(motions, count), real(out, count)];
      let [v1, v2] = [0, 0];
      for (let n = 0; n < count; n++) {
        const next = m1 * s[n] + m11 * v1 + m12 * v2;
        v2 = m2 * s[n] + m21 * v1 + m22 * v2;
        v1 = next;
        s[n] = Math.max(0, 2 * (s[n] - v1));
        to[n] = (m[n] * (s[n] + TINY)) / x[n];
      }
    },

    adaptBack(levels, amplitudes, motions, count, threshold, perNeper, byLevels, byMotions) {
      const [s, x, m] = [levels, amplitudes, motions].map((pointer) => real(pointer, count));
      const [byS, byM] = [real(byLevels, count), real(byMotions, count)];
      let [l1, l2] = [0, 0];
      for (let n = count - 1; n >= 0; n--) {
        const ratio = s[n] > 0 ? (s[n] + TINY) / x[n] : 0;
        const share = s[n] > 0 ? (byM[n] * m[n]) / x[n] : 0;
        const byAdapted = s[n] > 0 ? byS[n] + share : 0;
        const next = m11 * l1 + m21 * l2 - 2 * byAdapted;
        l2 = m12 * l1 + m22 * l2;
        l1 = next;
        const byLevel = 2 * byAdapted + m1 * l1 + m2 * l2;
        byS[n] = -share * ratio + (x[n] > threshold ? (byLevel * perNeper) / x[n] : 0);
        byM[n] *= ratio;
      }
    },

    compressBack(
      control,
      raw,
      gains,
      envelopes,
      motions,
      count,
      b,
      a,
      scale,
      least,
      most,
      exponent,
      byEnvelopes,
      byMotions,
    ) {
      const [u, r] = [complex(control, count), real(raw, count)];
      const [g, e, m] = [gains, envelopes, motions].map((pointer) => real(pointer, count));
      const [byE, byM] = [real(byEnvelopes, count), real(byMotions, count)];
      let later = 0;
      for (let n = count - 1; n >= 0; n--) {
        const here = byE[n] * e[n] + byM[n] * m[n] + a * later;
        const byRaw = b * (here + later);
        later = here;
        byE[n] *= g[n];
        byM[n] *= g[n];
        const power = scale * (u[2 * n] ** 2 + u[2 * n + 1] ** 2);
        r[n] = power > least && power < most ? (byRaw * r[n] * exponent) / power : 0;
      }
    },

    envelopeBack(
      output,
      carrier,
      envelopes,
      motions,
      byEnvelopes,
      byMotions,
      count,
      factor,
      perSample,
      byOutput,
    ) {
      const [u, w, by] = [output, carrier, byOutput].map((pointer) => complex(pointer, count));
      const [e, m] = [real(envelopes, count), real(motions, count)];
      const [byE, byM] = [real(byEnvelopes, count), real(byMotions, count)];
      let byFactor = 0;
      for (let n = 0; n < count; n++) {
        const whole = byE[n] + perSample * e[n];
        byFactor += (whole * e[n] + byM[n] * m[n]) / factor;
        const size = Math.sqrt(u[2 * n] ** 2 + u[2 * n + 1] ** 2 + LEAST_POWER);
        for (const i of [2 * n, 2 * n + 1]) {
          by[i] = factor * ((whole * u[i]) / size + byM[n] * w[i]);
        }
      }
      return byFactor;
    },

    weighComplex(x, weights, each, factor, count, out) {
      const [values, w, to] = [complex(x, count), real(weights, count), complex(out, count)];
      for (let n = 0; n < count; n++) {
        for (const i of [2 * n, 2 * n + 1]) to[i] = factor * (w[n] + each) * values[i];
      }
    },
  };
}
