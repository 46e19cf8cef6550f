/**
 * Wiener-EM as a graph, the oracle of the kernels: gradients of graphs are tested by themselves. In the mixture's own
 * phase: coefficients of channel c are turned by −θ_c, the phase of the mixture there, so that the mixture is its
 * magnitude.
 */
import type { GraphBuilder, Value } from "../../graph/index.ts";

/** Machine epsilon of float32: the original's ε. */
const EPSILON = 2 ** -23;

const TARGETS = 4;

/** Turned stems, each part [4, 2·H, bins, frames·batch]. */
export interface TurnedStems {
  readonly real: Value;
  readonly imaginary: Value;
}

export interface WienerInputs {
  /** [2, H, bins, frames·batch]. */
  readonly magnitude: Value;
  /** Cosine and sine of θ_0 − θ_1, each [H, bins, frames·batch]. */
  readonly cosine: Value;
  readonly sine: Value;
  /** c² of each window and item, [windows, batch]. */
  readonly scale: Value;
}

/**
 * Wiener-EM (docs/mathematics.md, 3.2) on pairs of reals.
 *
 * With everything homogeneous but ε and ρ, nothing is divided by the scale c: ε·c² and √ε·c² serve.
 *
 * @param estimates mask times magnitude, [4, 2·H, bins, frames·batch]
 * @param window coefficients per window
 */
export function wienerGraph(
  b: GraphBuilder,
  estimates: Value,
  inputs: WienerInputs,
  options: { readonly batch: number; readonly window: number },
): TurnedStems {
  const { batch } = options;
  const [, half, bins, width] = inputs.magnitude.shape.map(Number);
  const frames = width / batch;
  const volume = [half, bins, frames, batch];
  const windows = indicators(b, half, frames, options.window);
  const scales = windows.map((_, k) =>
    b.reshape(b.slice(inputs.scale, { axis: 0, from: k, to: k + 1 }), [1, 1, 1, 1, batch]),
  );
  const channel = (c: number) => {
    const part = b.slice(b.reshape(estimates, [TARGETS, 2, half * bins, width]), {
      axis: 1,
      from: c,
      to: c + 1,
    });
    const x = b.slice(inputs.magnitude, { axis: 0, from: c, to: c + 1 });
    return { y: b.reshape(part, [TARGETS, ...volume]), x: b.reshape(x, [1, ...volume]) };
  };
  const [{ y: y0, x: x0 }, { y: y1, x: x1 }] = [channel(0), channel(1)];
  const cosine = b.reshape(inputs.cosine, [1, ...volume]);
  const sine = b.reshape(inputs.sine, [1, ...volume]);

  const power0 = b.square(y0);
  const power1 = b.square(y1);
  const cross = b.mul(y0, y1);
  const crossReal = b.mul(cross, cosine);
  const crossImaginary = b.mul(cross, sine);
  const v = b.mul(b.add(power0, power1), b.constant(0.5));

  // Spatial covariances R of each window, spread over its frames.
  const spatial = windows.map((indicator, k) => {
    const sum = (x: Value) => overTime(b, indicator ? b.mul(x, indicator) : x);
    const [a, d, real, imaginary] = [power0, power1, crossReal, crossImaginary].map(sum);
    const weight = b.add(
      b.mul(b.add(a, d), b.constant(0.5)),
      b.mul(scales[k], b.constant(EPSILON)),
    );
    return [a, d, real, imaginary].map((x) => b.div(x, weight));
  });
  const spread = (values: readonly Value[]) =>
    values
      .map((value, k) => (windows[k] ? b.mul(value, windows[k]) : value))
      .reduce((sum, value) => b.add(sum, value));
  const [a, d, covarianceReal, covarianceImaginary] = [0, 1, 2, 3].map((i) =>
    spread(spatial.map((parts) => parts[i])),
  );
  const rho = b.mul(spread(scales), b.constant(Math.sqrt(EPSILON)));

  // b·e^{−i(θ_0 − θ_1)}, per frame.
  const turn = (real: Value, imaginary: Value) => ({
    real: b.add(b.mul(real, cosine), b.mul(imaginary, sine)),
    imaginary: b.sub(b.mul(imaginary, cosine), b.mul(real, sine)),
  });
  const r = turn(covarianceReal, covarianceImaginary);
  const total = (x: Value) => b.reduceSum(b.mul(v, x), [0]);
  const A = b.add(total(a), rho);
  const D = b.add(total(d), rho);
  const B = { real: total(r.real), imaginary: total(r.imaginary) };
  const determinant = b.sub(b.mul(A, D), b.add(b.square(B.real), b.square(B.imaginary)));
  const z0 = {
    real: b.div(b.sub(b.mul(D, x0), b.mul(B.real, x1)), determinant),
    imaginary: b.div(b.mul(b.mul(B.imaginary, x1), b.constant(-1)), determinant),
  };
  const z1 = {
    real: b.div(b.sub(b.mul(A, x1), b.mul(B.real, x0)), determinant),
    imaginary: b.div(b.mul(B.imaginary, x0), determinant),
  };
  const sum3 = (x: Value, y: Value, z: Value) => b.mul(v, b.add(b.add(x, y), z));
  const difference = (x: Value, y: Value, z: Value) => b.mul(v, b.sub(b.add(x, y), z));
  const both = (first: Value, second: Value) =>
    b.reshape(b.concat([first, second], 1), [TARGETS, 2 * half, bins, width]);
  return {
    real: both(
      difference(b.mul(a, z0.real), b.mul(r.real, z1.real), b.mul(r.imaginary, z1.imaginary)),
      sum3(b.mul(r.real, z0.real), b.mul(r.imaginary, z0.imaginary), b.mul(d, z1.real)),
    ),
    imaginary: both(
      sum3(b.mul(a, z0.imaginary), b.mul(r.real, z1.imaginary), b.mul(r.imaginary, z1.real)),
      difference(b.mul(r.real, z0.imaginary), b.mul(d, z1.imaginary), b.mul(r.imaginary, z0.real)),
    ),
  };
}

/** Sum over τ and frames of x [targets, H, bins, frames, batch]: one axis after the other runs faster. */
function overTime(b: GraphBuilder, x: Value): Value {
  return b.reduceSum(b.reduceSum(x, [1]), [3]);
}

/**
 * For each window 1 at the coefficients that lie in it, as [1, H, 1, frames, 1]; undefined where one window holds
 * all of them.
 */
function indicators(
  b: GraphBuilder,
  half: number,
  frames: number,
  window: number,
): (Value | undefined)[] {
  const count = windowCount(half, frames, window);
  if (count === 1) return [undefined];
  return Array.from({ length: count }, (_, k) => {
    const inside = new Float32Array(half * frames);
    for (let i = 0; i < inside.length; i++) {
      const coefficient = (i % frames) * half + Math.floor(i / frames);
      inside[i] = Math.floor(coefficient / window) === k ? 1 : 0;
    }
    return b.parameter(`window${k}`, [1, half, 1, frames, 1], inside);
  });
}

/** Windows that `frames` half slices of `half` coefficients make. */
export function windowCount(half: number, frames: number, window: number): number {
  return Math.ceil((half * frames) / window);
}
