/** Hard chunks: pieces of a signal that know nothing of each other, as the original cuts songs. */
import type { StereoBlock } from "./sampleQueue.ts";

/** Cuts a stream into streams of `size` samples, the last one shorter. Each must be read to its end before the next. */
export async function* hardChunks(
  source: AsyncIterable<StereoBlock>,
  size: number,
): AsyncGenerator<AsyncIterable<StereoBlock>> {
  const iterator = source[Symbol.asyncIterator]();
  let rest: StereoBlock | undefined = await nextBlock(iterator);
  async function* chunk(): AsyncGenerator<StereoBlock> {
    let left = size;
    while (rest && left > 0) {
      const [l, r] = rest;
      const count = Math.min(left, l.length);
      yield [l.subarray(0, count), r.subarray(0, count)];
      left -= count;
      rest = count < l.length ? [l.subarray(count), r.subarray(count)] : await nextBlock(iterator);
    }
  }
  try {
    do yield chunk();
    while (rest);
  } finally {
    await iterator.return?.();
  }
}

async function nextBlock(source: AsyncIterator<StereoBlock>): Promise<StereoBlock | undefined> {
  for (;;) {
    const next = await source.next();
    if (next.done) return undefined;
    if (next.value[0].length > 0 || next.value[1].length > 0) return next.value;
  }
}
