/** The plain twin of the polyphase kernel: the same sums in double precision, one after the other. */
import type { KernelExports } from "./exports.ts";

/** Makes the twin on a memory; see assembly/polyphase.ts for the formula and the layouts. */
export function plainPolyphase(memory: WebAssembly.Memory): KernelExports["polyphase"] {
  return (input, table, tapsPerRow, rows, phases, whole, part, first, remainder, output, count) => {
    const floats = new Float32Array(memory.buffer);
    const dot = (position: number, row: number) => {
      const x = input / 4 + position;
      const taps = table / 4 + row * tapsPerRow;
      let sum = 0;
      for (let k = 0; k < tapsPerRow; k++) sum += floats[x + k]! * floats[taps + k]!;
      return sum;
    };
    for (let i = 0; i < count; i++) {
      const time = remainder + i * (whole * phases + part);
      const position = first + Math.floor(time / phases);
      const fraction = (time % phases) / phases;
      const row = Math.floor(fraction * rows);
      const weight = rows === phases ? 0 : fraction * rows - row;
      const low = dot(position, rows === phases ? time % phases : row);
      floats[output / 4 + i] = weight === 0 ? low : low + weight * (dot(position, row + 1) - low);
    }
  };
}
