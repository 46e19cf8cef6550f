/** The plain twin of the gate's ear; formulas and layouts stand at assembly/stemBands.ts. */
import { floats } from "./lanes.ts";

/** Gates. */
export interface StemBandKernels {
  /** Powers of the stems of a frame, and of their sum, in bands. */
  stemBands(
    spectra: number,
    stride: number,
    stems: number,
    bins: number,
    edges: number,
    bands: number,
    out: number,
  ): void;
}

/** The twin on a memory. @internal */
export function plainStemBands(memory: WebAssembly.Memory): StemBandKernels {
  return {
    stemBands(spectra, stride, stems, bins, edges, bands, out) {
      const data = floats(memory);
      const edge = new Int32Array(memory.buffer, edges, bands + 1);
      const all = [...Array(stems).keys()];
      const signals = [...all.map((stem) => [stem]), all];
      for (const [signal, members] of signals.entries()) {
        for (let band = 0; band < bands; band++) {
          let [power, common] = [0, 0];
          for (let bin = edge[band]; bin < edge[band + 1]; bin++) {
            const [lr, li, rr, ri] = [0, 1, 2, 3].map((row) =>
              members.reduce(
                (sum, stem) => sum + data[(spectra + stem * stride) / 4 + row * bins + bin],
                0,
              ),
            );
            power += lr ** 2 + li ** 2 + rr ** 2 + ri ** 2;
            common += ((lr + rr) ** 2 + (li + ri) ** 2) / 2;
          }
          data[out / 4 + signal * bands + band] = power;
          data[out / 4 + (stems + 1 + signal) * bands + band] = common;
        }
      }
    },
  };
}
