/**
 * The plain twins: every kernel again in simple TypeScript, on the same memory and pointers, summing in double.
 *
 * They are the oracle of the WASM kernels' tests, and readable definitions of what the kernels compute.
 */

import { plainBandTape } from "./bandTape.ts";
import { plainCells } from "./cells.ts";
import { plainColumns } from "./columns.ts";
import { plainEar } from "./ear.ts";
import { plainEarGradient } from "./earGradient.ts";
import type { KernelExports } from "./exports.ts";
import { smoothDft } from "./fftPlan.ts";
import { plainFrameLayer } from "./frameLayer.ts";
import { plainFrameSpectra } from "./frameSpectra.ts";
import { plainFrameWiener } from "./frameWiener.ts";
import { plainLags } from "./lags.ts";
import { doubles, ELEMENT_FLOATS, floats, LANES, readLane, writeLane } from "./lanes.ts";
import { plainLstm } from "./lstm.ts";
import { plainNormals } from "./normals.ts";
import { plainPolyphase } from "./polyphase.ts";
import { plainRearrange } from "./rearrange.ts";
import { plainStemBands } from "./stemBands.ts";
import { plainTurnedStems } from "./turnedStems.ts";
import { plainTurnedWiener } from "./turnedWiener.ts";
import { plainWholeCorrelation } from "./wholeCorrelation.ts";
import { plainWienerFilter, plainWienerStatistics } from "./wiener.ts";

/** As in the kernel: where all masks are 0, their ratios are even. */
const LEAST_MASK = 1e-4;

interface Complex {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/** IDFT with 1/n left out: conj ∘ DFT ∘ conj. */
function inverseDft(re: Float64Array, im: Float64Array): Complex {
  const out = smoothDft(
    re,
    im.map((v) => -v),
  );
  return { re: out.re, im: out.im.map((v) => -v) };
}

/** FFT bin of window element i around `position`. */
function bin(position: number, i: number, coefs: number, length: number): number {
  const offset = i < coefs / 2 ? i : i - coefs;
  return (((position + offset) % length) + length) % length;
}

/** The twins on a memory. */
export function plainKernels(memory: WebAssembly.Memory): KernelExports {
  const planLength = (plan: number): number => new Int32Array(memory.buffer, plan, 1)[0];
  return {
    fft(plan, input, _scratch, output) {
      const n = planLength(plan);
      for (let lane = 0; lane < LANES; lane++) {
        const x = readLane(memory, input, n, lane);
        const y = smoothDft(x.re, x.im);
        writeLane(memory, output, lane, y.re, y.im);
      }
    },

    loadSlices(x0, x1, window, length, first, last, hop, z) {
      const data = floats(memory);
      for (let n = 0; n < length; n++) {
        const inside = n >= first && n < last;
        for (let lane = 0; lane < LANES; lane++) {
          const w = inside ? data[window / 4 + n] : 0;
          const at = z / 4 + n * ELEMENT_FLOATS + lane;
          data[at] = inside ? w * data[x0 / 4 + n + lane * hop] : 0;
          data[at + LANES] = inside && x1 !== 0 ? w * data[x1 / 4 + n + lane * hop] : 0;
        }
      }
    },

    overlapAdd(z, length, hop, slices, y0, y1) {
      const data = floats(memory);
      for (let lane = 0; lane < slices; lane++) {
        for (let n = 0; n < length; n++) {
          const at = z / 4 + n * ELEMENT_FLOATS + lane;
          data[y0 / 4 + n + lane * hop] += data[at];
          if (y1 !== 0) data[y1 / 4 + n + lane * hop] += data[at + LANES];
        }
      }
    },

    analyseBin(_plan, z, length, position, coefs, table, _work, c0, c1) {
      const g = floats(memory).slice(table / 4, table / 4 + coefs);
      for (let lane = 0; lane < LANES; lane++) {
        const spectrum = readLane(memory, z, length, lane);
        const a = { re: new Float64Array(coefs), im: new Float64Array(coefs) };
        const b = { re: new Float64Array(coefs), im: new Float64Array(coefs) };
        for (let i = 0; i < coefs; i++) {
          const f = bin(position, i, coefs, length);
          const m = (length - f) % length;
          a.re[i] = g[i] * (spectrum.re[f] + spectrum.re[m]);
          a.im[i] = g[i] * (spectrum.im[f] - spectrum.im[m]);
          b.re[i] = g[i] * (spectrum.im[f] + spectrum.im[m]);
          b.im[i] = g[i] * (spectrum.re[m] - spectrum.re[f]);
        }
        const ya = inverseDft(a.re, a.im);
        writeLane(memory, c0, lane, ya.re, ya.im);
        if (c1 === 0) continue;
        const yb = inverseDft(b.re, b.im);
        writeLane(memory, c1, lane, yb.re, yb.im);
      }
    },

    synthesiseBin(_plan, c0, c1, length, position, coefs, table, _work, z) {
      const data = floats(memory);
      const g = data.slice(table / 4, table / 4 + coefs);
      for (let lane = 0; lane < LANES; lane++) {
        const x0 = readLane(memory, c0, coefs, lane);
        const q0 = smoothDft(x0.re, x0.im);
        const x1 = c1 === 0 ? undefined : readLane(memory, c1, coefs, lane);
        const q1 = x1 && smoothDft(x1.re, x1.im);
        for (let i = 0; i < coefs; i++) {
          const f = bin(position, i, coefs, length);
          const pr = g[i] * q0.re[i];
          const pi = g[i] * q0.im[i];
          const qr = g[i] * (q1?.re[i] ?? 0);
          const qi = g[i] * (q1?.im[i] ?? 0);
          const direct = z / 4 + ((length - f) % length) * ELEMENT_FLOATS + lane;
          const mirror = z / 4 + f * ELEMENT_FLOATS + lane;
          data[direct] += pr - qi;
          data[direct + LANES] += pi + qr;
          data[mirror] += pr + qi;
          data[mirror + LANES] += qr - pi;
        }
      }
    },

    frameMagnitudes(c, half, mean, scale, advance, out, stride, frame, count, gains) {
      const data = floats(memory);
      for (let n = 0; n < 2 * half; n++) {
        const shifted = n - advance;
        const tau = (shifted + half) % half;
        const later = Math.floor(shifted / half);
        for (let lane = 0; lane < LANES; lane++) {
          const column = 2 * lane + later;
          if (column >= count) continue;
          const at = c / 4 + n * ELEMENT_FLOATS + lane;
          const abs = Math.sqrt(data[at] ** 2 + data[at + LANES] ** 2);
          const gained = data[gains / 4 + lane] * abs;
          data[(out + tau * stride) / 4 + frame + column] = (gained + mean) * scale;
        }
      }
    },

    applyMasks(x, masks, stride, half, targets, out, outStride) {
      const data = floats(memory);
      for (let j = 0; j < targets; j++) {
        for (let n = 0; n < 2 * half; n++) {
          const row = (masks + (j * 2 * half + (n % half)) * stride) / 4;
          for (let lane = 0; lane < LANES; lane++) {
            const mask = data[row + 2 * lane + (n < half ? 0 : 1)];
            const from = x / 4 + n * ELEMENT_FLOATS + lane;
            const to = (out + j * outStride) / 4 + n * ELEMENT_FLOATS + lane;
            data[to] = mask * data[from];
            data[to + LANES] = mask * data[from + LANES];
          }
        }
      }
    },

    liftMasks(masks, count) {
      const data = floats(memory).subarray(masks / 4, masks / 4 + count);
      for (let i = 0; i < count; i++) data[i] += LEAST_MASK;
    },

    normaliseMasks(masks, count, targets) {
      const data = floats(memory).subarray(masks / 4, masks / 4 + targets * count);
      for (let i = 0; i < count; i++) {
        let sum = 0;
        for (let j = 0; j < targets; j++) sum += data[j * count + i];
        for (let j = 0; j < targets; j++) data[j * count + i] /= sum;
      }
    },

    wienerStatistics: (...args) => plainWienerStatistics(floats(memory), doubles(memory), ...args),
    wienerFilter: (...args) => plainWienerFilter(floats(memory), doubles(memory), ...args),
    ...plainTurnedStems(memory),
    ...plainTurnedWiener(memory),
    polyphase: plainPolyphase(memory),
    ...plainEar(memory),
    ...plainEarGradient(memory),
    ...plainBandTape(memory),
    ...plainFrameLayer(memory),
    ...plainFrameSpectra(memory),
    ...plainFrameWiener(memory),
    ...plainStemBands(memory),
    ...plainRearrange(memory),
    ...plainCells(memory),
    ...plainLags(memory),
    correlateWhole: plainWholeCorrelation(memory),
    ...plainColumns(memory),
    ...plainLstm(memory),
    normals: plainNormals(memory),
  };
}
