/** The sessions of all blocks' graphs: made when first asked for, kept, and closed together. */
import { ClosedError } from "../errors.ts";
import { writeOnnx } from "../graph/index.ts";
import { type Architecture, multiplyAdds } from "../networks/cdae/index.ts";
import type { Runtime, Session } from "../runtime/index.ts";
import { type BlockGraphKind, blockGraph } from "./blockGraph.ts";
import type { LossPlan } from "./losses/lossPlan.ts";

/** Size of a batch, for which graphs are counted. */
export interface BatchSize {
  readonly items: number;
  readonly slices: number;
}

interface Entry {
  readonly kind: BlockGraphKind;
  readonly size: BatchSize;
  readonly session: Promise<Session>;
}

export class BlockSessions implements AsyncDisposable {
  readonly #architecture: Architecture;
  readonly #losses: LossPlan;
  readonly #runtime: Runtime;
  readonly #threads: number;
  readonly #entries = new Map<string, Entry>();
  #closing: Promise<void> | undefined;
  /** The block that needs most memory. */
  readonly #largest: number;

  constructor(architecture: Architecture, losses: LossPlan, runtime: Runtime, threads: number) {
    this.#architecture = architecture;
    this.#losses = losses;
    this.#runtime = runtime;
    this.#threads = threads;
    const costs = architecture.blocks.map((_, block) => multiplyAdds(architecture, block));
    this.#largest = costs.indexOf(Math.max(...costs));
  }

  /** @throws ClosedError */
  checkOpen(): void {
    if (this.#closing) throw new ClosedError("The training step was closed.");
  }

  /** @throws RuntimeError "runtime-failed" when the graph is refused; ClosedError */
  async get(block: number, kind: BlockGraphKind, size: BatchSize): Promise<Session> {
    this.checkOpen();
    const { items, slices } = size;
    const key = [block, kind.statistics, kind.gives, items, slices].join();
    const known = this.#entries.get(key);
    if (known) return known.session;
    const graph = blockGraph(
      {
        architecture: this.#architecture,
        block,
        batch: items,
        slices,
        losses: this.#losses,
      },
      kind,
    );
    const session = this.#runtime.createSession(writeOnnx(graph), {
      threads: this.#threads,
      // Blocks run in turn: they need not each keep what they needed. But the largest needs so much that getting
      // it anew every time would take a tenth of the step.
      memory: block === this.#largest ? "kept" : "returned",
    });
    this.#entries.set(key, { kind, size, session });
    return session;
  }

  /** Closes those of evaluations of another size. */
  async keepEvaluationsOf({ items, slices }: BatchSize): Promise<void> {
    for (const [key, { kind, size, session }] of this.#entries) {
      const same = size.items === items && size.slices === slices;
      if (kind.statistics === "batch" || same) continue;
      this.#entries.delete(key);
      await (await session).close();
    }
  }

  /** Waits for runs under way, then frees all. Harmless to repeat. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    const sessions = await Promise.allSettled(entries.map(({ session }) => session));
    for (const session of sessions) {
      if (session.status === "fulfilled") await session.value.close();
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
