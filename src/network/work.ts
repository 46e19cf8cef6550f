/** How much arithmetic each block costs, and how to share blocks among workers. */
import { type Architecture, targets } from "./architecture.ts";

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

/**
 * Shares all blocks among `workers` so that none has much more to compute than another: each block,
 * the costliest first, goes to the worker with the least so far.
 *
 * Workers that build {@link inferenceModel} of their share alone hold every weight once between them.
 *
 * @returns block numbers of each worker, ascending
 */
export function shareBlocks(architecture: Architecture, workers: number): number[][] {
  const shares = Array.from({ length: workers }, () => ({ work: 0, blocks: [] as number[] }));
  const costs = architecture.blocks.map((_, block) => multiplyAdds(architecture, block));
  const costliestFirst = [...costs.keys()].sort((a, b) => costs[b] - costs[a] || a - b);
  for (const block of costliestFirst) {
    const least = shares.reduce((best, share) => (share.work < best.work ? share : best));
    least.blocks.push(block);
    least.work += costs[block];
  }
  return shares.map(({ blocks }) => blocks.sort((a, b) => a - b));
}
