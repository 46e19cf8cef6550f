/** Plain twin of the turning of stems; the layout stands at assembly/turnedStems.ts. */
import { doubles, ELEMENT_FLOATS, floats, LANES } from "./lanes.ts";

const STEMS = 4;

/** Stems of a batch. */
export interface TurnedStemKernels {
  /** Stems of a batch in a bin of four slices, turned by their sum's phase; see assembly/turnedStems.ts. */
  turnStems(
    from: number,
    channel: number,
    item: number,
    items: number,
    half: number,
    slices: number,
    magnitude: number,
    inPhase: number,
    quadrature: number,
    cosine: number,
    sine: number,
    line: number,
    energies: number,
    peaks: number,
    first: number,
    window: number,
    work: number,
  ): void;
}

/** The twins on a memory. @internal */
export function plainTurnedStems(memory: WebAssembly.Memory): TurnedStemKernels {
  return {
    turnStems(
      from,
      channel,
      item,
      items,
      half,
      slices,
      magnitude,
      inPhase,
      quadrature,
      cosine,
      sine,
      line,
      energies,
      peaks,
      first,
      window,
    ) {
      const data = floats(memory);
      const wide = doubles(memory);
      const coefs = 2 * half;
      for (let n = 0; n < coefs; n++) {
        const late = n < half ? 0 : 1;
        for (let i = 0; i < items; i++) {
          for (let slice = 0; slice < slices; slice++) {
            const column = ((2 * slice + late) * items + i) * 4;
            const row = (n - late * half) * line + column;
            const phases: { readonly cos: number; readonly sin: number }[] = [];
            for (const c of [0, 1]) {
              const stems = Array.from({ length: STEMS }, (_, j) => {
                const at = (from + i * item + (2 * j + c) * channel) / 4 + n * ELEMENT_FLOATS;
                return [data[at + slice], data[at + LANES + slice]] as const;
              });
              const re = stems.reduce((sum, [a]) => sum + a, 0);
              const im = stems.reduce((sum, [, b]) => sum + b, 0);
              const abs = Math.hypot(re, im);
              const cos = abs > 0 ? re / abs : 1;
              const sin = abs > 0 ? im / abs : 0;
              phases.push({ cos, sin });
              const to = row + c * half * line;
              data[(magnitude + to) / 4] = abs;
              for (const [j, [a, b]] of stems.entries()) {
                const place = (to + j * coefs * line) / 4;
                data[inPhase / 4 + place] = a * cos + b * sin;
                if (quadrature) data[quadrature / 4 + place] = b * cos - a * sin;
                wide[energies / 8 + i * STEMS + j] += a * a + b * b;
              }
              if (!cosine) continue;
              const k = Math.floor((first + slice * coefs + n) / window);
              const peak = peaks / 4 + k * items + i;
              data[peak] = Math.max(data[peak], abs * abs);
            }
            if (!cosine) continue;
            const [left, right] = phases;
            data[(cosine + row) / 4] = left.cos * right.cos + left.sin * right.sin;
            data[(sine + row) / 4] = left.sin * right.cos - left.cos * right.sin;
          }
        }
      }
    },
  };
}
