/** The conductor: however slowly stems are taken, engines hold few pieces. */
import { setTimeout } from "node:timers/promises";
import { expect, it } from "vitest";
import { mixPhase } from "../phase/index.ts";
import { planTransform } from "../transforms/index.ts";
import { conduct } from "./conductor.ts";
import type { Engine, Piece, PieceStems } from "./piece.ts";
import type { StereoBlock } from "./sampleQueue.ts";

const transform = planTransform({ kind: "slicqt", scale: "mel", bins: 32, fmin: 115.5 });
const PIECE_SLICES = 4;
const PIECES = 100;

/** An engine that is always done at once, and counts the pieces that it holds. */
class QuickEngine implements Engine {
  readonly alive = true;
  readonly #held = new Set<number>();
  most = 0;

  async analyse({ id, samples }: Piece) {
    this.#held.add(id);
    this.most = Math.max(this.most, this.#held.size);
    return { statistics: [], samples };
  }

  async synthesise(id: number, _: unknown, into: PieceStems) {
    if (!this.#held.delete(id)) throw new Error(`piece ${id} is not held`);
    return into;
  }

  async refine(): Promise<never> {
    throw new Error("mix phase has no second filter");
  }

  async reset() {
    this.#held.clear();
  }

  times() {
    return { forward: 0, network: 0, phase: 0, inverse: 0 };
  }

  async close() {}
}

async function* silence(): AsyncGenerator<StereoBlock> {
  const length = PIECE_SLICES * transform.hop;
  for (let piece = 0; piece < PIECES; piece++) {
    yield [new Float32Array(length), new Float32Array(length)];
  }
}

it.each([1, 2, 4])(
  "%i engines hold four pieces each at most, if stems are taken slowly",
  async (count) => {
    const engines = Array.from({ length: count }, () => new QuickEngine());
    const settings = {
      ...{ transform, context: { before: 0, after: 0 }, leastSlices: 1, targets: 4 },
      ...{ phase: mixPhase, engines, pieceSlices: PIECE_SLICES, readAhead: Infinity },
    };
    let samples = 0;
    for await (const [left] of conduct(settings, silence())) {
      samples += left.length;
      await setTimeout(1);
    }
    const most = engines.map((engine) => engine.most);
    console.log(`${count} engines hold ${most.join(", ")} of ${PIECES} pieces`);
    expect(samples).toBe(PIECES * PIECE_SLICES * transform.hop);
    for (const held of most) expect(held).toBeLessThanOrEqual(4);
  },
);
