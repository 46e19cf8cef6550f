/** How much arithmetic each block costs. */
import { targets } from "../targets.ts";
import type { Architecture } from "./architecture.ts";

/**
 * Multiply-adds of one block per slice of a long signal, all four targets. (An audio second of bark-262
 * has 4.88 slices.)
 */
export function multiplyAdds({ blocks, hidden, timeTaps }: Architecture, block: number): number {
  const { bins, coefs, frequencyTaps } = blocks[block];
  const [outer, inner] = hidden;
  const ends = 2 * outer * coefs * 2 * frequencyTaps * (bins - frequencyTaps + 1);
  const middle = 2 * outer * inner * frequencyTaps * timeTaps * (bins - 2 * frequencyTaps + 2);
  const framesPerSlice = 2;
  return targets.length * framesPerSlice * (ends + middle);
}
