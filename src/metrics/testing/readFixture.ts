/** Whole audio files for tests. */
import { openAudio } from "../../audio/index.ts";

export async function readFixture(path: string): Promise<Float32Array[]> {
  await using source = await openAudio(path);
  const blocks: (readonly Float32Array[])[] = [];
  for await (const block of source.blocks()) blocks.push(block);
  return blocks[0].map((_, c) => Float32Array.from(blocks.flatMap((block) => [...block[c]])));
}
