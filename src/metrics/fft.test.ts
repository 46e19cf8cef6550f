import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { agreement } from "../testing/golden.ts";
import { doubleNoise } from "../testing/noise.ts";
import { addProduct, Fft, halfSpectrum, powerOfTwo } from "./fft.ts";

/** The slow plain twin. */
function naive(x: ArrayLike<number>, n: number) {
  const out = halfSpectrum(n);
  for (let k = 0; k <= n / 2; k++) {
    for (let t = 0; t < x.length; t++) {
      const angle = (-2 * Math.PI * ((k * t) % n)) / n;
      out.re[k] += x[t] * Math.cos(angle);
      out.im[k] += x[t] * Math.sin(angle);
    }
  }
  return out;
}

function noise(length: number, seed = 1): Float64Array {
  return doubleNoise(length, seed);
}

describe("the double precision FFT", () => {
  it.each([2, 4, 8, 16, 32, 64, 128, 512, 1024])("agrees with the plain DFT, n = %i", (n) => {
    const [a, b] = [noise(n, n), noise(n, n + 1)];
    const [A, B] = [halfSpectrum(n), halfSpectrum(n)];
    const fft = new Fft(n);
    fft.forward(a, b, 0, n, A, B);
    const worst = [
      [A, naive(a, n)],
      [B, naive(b, n)],
    ].map(([x, ref]) => agreement([...ref.re, ...ref.im], [...x.re, ...x.im]));
    console.log(`n ${n}: ${Math.min(...worst).toFixed(0)} dB`);
    expect(Math.min(...worst)).toBeGreaterThan(270);
    const [a2, b2] = fft.inverse(A, B);
    expect(agreement(a, a2)).toBeGreaterThan(290);
    expect(agreement(b, b2)).toBeGreaterThan(290);
  });

  it("takes zeros for what lies outside of the signals", () => {
    const n = 16;
    const [a, b] = [noise(5, 1), noise(5, 2)];
    const [A, B] = [halfSpectrum(n), halfSpectrum(n)];
    new Fft(n).forward(a, b, -3, n, A, B);
    const shifted = new Float64Array(n);
    shifted.set(b, 3);
    expect(agreement(naive(shifted, n).re, B.re)).toBeGreaterThan(280);
    new Fft(n).forward(a, b, 9, n, A, B);
    expect(A.re.every((x) => x === 0)).toBe(true);
  });

  it("turns products into circular convolutions", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.nat(1000), (power, seed) => {
        const n = 2 ** power;
        const [a, b] = [noise(n, seed), noise(n, seed + 7)];
        const [A, B, C] = [halfSpectrum(n), halfSpectrum(n), halfSpectrum(n)];
        const fft = new Fft(n);
        fft.forward(a, b, 0, n, A, B);
        addProduct(A, B, C);
        const [c] = fft.inverse(C, halfSpectrum(n));
        const plain = Float64Array.from({ length: n }, (_, t) =>
          a.reduce((sum, x, i) => sum + x * b[(t - i + n) % n], 0),
        );
        return agreement(plain, c) > 250;
      }),
    );
  });

  it("finds the next power of two and refuses other lengths", () => {
    expect([1, 2, 3, 1000, 1024].map(powerOfTwo)).toEqual([1, 2, 4, 1024, 1024]);
    expect(() => new Fft(12)).toThrow(/power of two, not 12/);
  });
});
