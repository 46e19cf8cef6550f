/** The plain twins of the ear model's kernels; formulas and layouts stand at assembly/ear.ts and assembly/tiles.ts. */

/** The model of the ear. */
export interface EarKernels {
  /** HAAQI: powers of the envelopes of two gammatone filters, stored unless out is 0; their sums into row 8 of filters. */
  gammatonePowers(
    filters: number,
    in0: number,
    in1: number,
    count: number,
    out0: number,
    out1: number,
  ): void;
  /** HAAQI: two gammatone filters, compressed by the control powers that lie in env0 and env1 before. */
  gammatoneBands(
    filters: number,
    in0: number,
    in1: number,
    count: number,
    env0: number,
    env1: number,
    motion0: number,
    motion1: number,
  ): void;
  /** HAAQI: sensation level and hair-cell adaptation in place; noise 0: none. */
  hairCells(
    cells: number,
    env0: number,
    env1: number,
    motion0: number,
    motion1: number,
    noise0: number,
    noise1: number,
    count: number,
  ): void;
  /** Σ a[i + lag]·b[i] of `count` floats, in doubles, for the lags 0 to 3: to four doubles. */
  laggedProducts(a: number, b: number, count: number, out: number): void;
  /** HAAQI: weighted means of segments of 2·hop samples, hop apart. window: 2·hop floats. */
  smoothEnvelope(envelope: number, count: number, window: number, hop: number, out: number): void;
  /** HAAQI: power of the reference and covariance with the other signal, for every segment of 16 ms. */
  tileCovariances(
    x: number,
    y: number,
    count: number,
    tables: number,
    least: number,
    powers: number,
    covariances: number,
  ): void;
}

/** Samples between two exact turns of the carrier. */
const TURN = 256;
const ADAPTATION = { k1: 36, k2: 480, a11: 36.75, a12: -0.5, a21: -0.25, a22: 480.5 };

/** Makes the twins on a memory. @internal */
export function plainEar(memory: WebAssembly.Memory): EarKernels {
  const doubles = () => new Float64Array(memory.buffer);
  const floats = () => new Float32Array(memory.buffer);

  /** One gammatone filter: calls `visit` with envelope² and motion (both with gain) of every sample. */
  function gammatone(
    filters: number,
    lane: number,
    input: number,
    count: number,
    visit: (n: number, power: number, motion: number) => void,
  ): void {
    const [data, signal] = [doubles(), floats().subarray(input / 4)];
    const at = (row: number) => data[filters / 8 + 2 * row + lane];
    const [pole, c1, c2, gain] = [at(0), at(1), at(2), at(3)];
    const [cos, sin, farCos, farSin] = [at(4), at(5), at(6), at(7)];
    const re = new Float64Array(7);
    const im = new Float64Array(7);
    let [baseRe, baseIm, turnRe, turnIm] = [1, 0, 1, 0];
    for (let n = 0; n < count; n++) {
      if (n % TURN === 0 && n > 0) {
        [baseRe, baseIm] = [baseRe * farCos + baseIm * farSin, baseIm * farCos - baseRe * farSin];
        [turnRe, turnIm] = [baseRe, baseIm];
      }
      const v = signal[n];
      for (const [z, turned] of [
        [re, v * turnRe],
        [im, v * turnIm],
      ] as const) {
        // Four one-poles, then the two earlier values for the numerator.
        z[6] = z[5];
        z[5] = z[3];
        z[0] = turned + pole * z[0];
        for (let i = 1; i < 4; i++) z[i] = z[i - 1] + pole * z[i];
        z[4] = z[3] + c1 * z[5] + c2 * z[6];
      }
      const power = gain * gain * (re[4] * re[4] + im[4] * im[4]);
      visit(n, power, gain * (re[4] * turnRe + im[4] * turnIm));
      [turnRe, turnIm] = [turnRe * cos + turnIm * sin, turnIm * cos - turnRe * sin];
    }
  }

  return {
    gammatonePowers(filters, in0, in1, count, out0, out1) {
      const [data, powers] = [doubles(), floats()];
      for (const [lane, input, out] of [
        [0, in0, out0],
        [1, in1, out1],
      ]) {
        let sum = 0;
        gammatone(filters, lane, input, count, (n, power) => {
          sum += power;
          if (out !== 0) powers[out / 4 + n] = power;
        });
        data[filters / 8 + 16 + lane] = sum;
      }
    },

    gammatoneBands(filters, in0, in1, count, env0, env1, motion0, motion1) {
      const [data, signals] = [doubles(), floats()];
      for (const [lane, input, env, out] of [
        [0, in0, env0, motion0],
        [1, in1, env1, motion1],
      ]) {
        const at = (row: number) => data[filters / 8 + 2 * row + lane];
        const [scale, most, atKnee, exponent, b, a] = [
          at(9),
          at(10),
          at(11),
          at(12),
          at(13),
          at(14),
        ];
        let [sum, before, gain] = [0, 0, 0];
        let [envelopes, motions] = [0, 0];
        gammatone(filters, lane, input, count, (n, power, motion) => {
          const control = Math.min(Math.max(signals[env / 4 + n] * scale, 1), most);
          const raw = atKnee * control ** exponent;
          gain = b * (raw + before) + a * gain;
          before = raw;
          sum += power;
          envelopes += power * gain * gain;
          motions += (motion * gain) ** 2;
          signals[env / 4 + n] = Math.sqrt(power) * gain;
          signals[out / 4 + n] = motion * gain;
        });
        for (const [row, value] of [
          [8, sum],
          [15, envelopes],
          [16, motions],
        ]) {
          data[filters / 8 + 2 * row + lane] = value;
        }
      }
    },

    hairCells(cells, env0, env1, motion0, motion1, noise0, noise1, count) {
      const [data, signals] = [doubles(), floats()];
      const { k1, k2, a11, a12, a21, a22 } = ADAPTATION;
      const d = 1 / (a11 * a22 - a12 * a21);
      for (const [lane, env, motion, noise] of [
        [0, env0, motion0, noise0],
        [1, env1, motion1, noise1],
      ]) {
        // Both lanes may be the same ear.
        if (lane === 1 && env1 === env0) break;
        const [scale, amplitude] = [data[cells / 8 + lane], data[cells / 8 + 2 + lane]];
        let [v1, v2] = [data[cells / 8 + 4 + lane], data[cells / 8 + 6 + lane]];
        for (let n = 0; n < count; n++) {
          const envelope = signals[env / 4 + n];
          const s = 20 * Math.log10(Math.max(1, envelope * scale));
          const b1 = s / 4 + k1 * v1;
          const b2 = k2 * v2;
          v1 = d * (a22 * b1 - a12 * b2);
          v2 = d * (a11 * b2 - a21 * b1);
          const e = Math.max(0, 2 * (s - v1));
          const ratio = (e + 1e-30) / (envelope + 1e-30);
          signals[env / 4 + n] = e;
          const more = noise !== 0 ? amplitude * signals[noise / 4 + n] : 0;
          signals[motion / 4 + n] = signals[motion / 4 + n] * ratio + more;
        }
        data[cells / 8 + 4 + lane] = v1;
        data[cells / 8 + 6 + lane] = v2;
      }
    },

    laggedProducts(a, b, count, out) {
      const data = floats();
      const sums = new Float64Array(4);
      for (let lag = 0; lag < 4; lag++) {
        for (let i = 0; i < count; i++) sums[lag] += data[a / 4 + lag + i] * data[b / 4 + i];
      }
      doubles().set(sums, out / 8);
    },

    smoothEnvelope(envelope, count, window, hop, out) {
      const data = floats();
      const weights = data.subarray(window / 4, window / 4 + 2 * hop);
      forSegments(count, hop, (segment, from, first, length) => {
        let sum = 0;
        let scale = 0;
        for (let i = 0; i < length; i++) {
          sum += data[envelope / 4 + from + i] * weights[first + i];
          scale += weights[first + i];
        }
        data[out / 4 + segment] = sum / scale;
      });
    },

    tileCovariances(x, y, count, tables, least, powers, covariances) {
      const [signals, scales] = [floats(), doubles().subarray(tables / 8)];
      const half = 192;
      const weights = signals.subarray(tables / 4 + 2 * 150);
      const p = new Float64Array(2 * half);
      const q = new Float64Array(2 * half);
      forSegments(count, half, (segment, from, first, length) => {
        const kind = length === 2 * half ? 0 : first > 0 ? 1 : 2;
        const windowed = (motion: number, out: Float64Array) => {
          let mean = 0;
          for (let i = 0; i < length; i++) {
            out[i] = signals[motion / 4 + from + i] * weights[first + i];
            mean += out[i] / length;
          }
          let energy = 0;
          for (let i = 0; i < length; i++) {
            out[i] -= mean;
            energy += out[i] * out[i];
          }
          return energy * scales[kind];
        };
        const own = windowed(x, p);
        const other = windowed(y, q);
        signals[powers / 4 + segment] = 2 * own;
        signals[covariances / 4 + segment] = 0;
        if (!(own > 1e-30 && other > 1e-30 && 2 * own > least)) return;
        let most = 0;
        for (let lag = -24; lag <= 24; lag++) {
          let sum = 0;
          for (let i = Math.max(0, -lag); i < Math.min(length, length - lag); i++) {
            sum += p[i + lag] * q[i];
          }
          const scale = scales[3 + 49 * kind + lag + 24];
          most = Math.max(most, Math.abs(sum) * scale);
        }
        signals[covariances / 4 + segment] = Math.min(1, most / Math.sqrt(own * other));
      });
    },
  };
}

/** Segments of two hops, the first and the last one of a hop; first: where in the window they begin. */
function forSegments(
  count: number,
  hop: number,
  visit: (segment: number, from: number, first: number, length: number) => void,
): void {
  const segments = 1 + Math.floor(count / (2 * hop)) + Math.floor((count - hop) / (2 * hop));
  visit(0, 0, hop, hop);
  for (let s = 1; s < segments - 1; s++) visit(s, hop * s, 0, 2 * hop);
  visit(segments - 1, hop * (segments - 1), 0, hop);
}
