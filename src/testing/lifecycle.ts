/** The life of every object that holds something: what must hold for all of them, as one test. */
import { describe, expect, it } from "vitest";

/** How an object is made, used and left. */
export interface Lifecycle<T extends AsyncDisposable> {
  create(): Promise<T>;
  /** Uses it, for longer than a moment. */
  use(object: T): Promise<unknown>;
  close(object: T): Promise<unknown>;
  /** As `use`, where that can be aborted. */
  abortable?(object: T, signal: AbortSignal): Promise<unknown>;
  /** As `abortable`, with a source that never answers. */
  stalled?(object: T, signal: AbortSignal | undefined): Promise<unknown>;
  /** Whether it can be used again and again, and by two at once, who take turns. */
  readonly serves: "many" | "one";
}

/** Seconds after which a wait counts as endless, on the slowest machine. */
const ENDLESS = 20;

/** Waits, but not for ever; gives what was thrown as a value. */
async function settled(wait: Promise<unknown>): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  const endless = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error("it hangs")), ENDLESS * 1e3);
  });
  try {
    return await Promise.race([wait.catch((error: unknown) => error), endless]);
  } finally {
    clearTimeout(timer);
  }
}

/** The code of an error; undefined of anything else. By it, and not by class: objects may come from the compiled program. */
function codeOf(outcome: unknown): unknown {
  if (!(outcome instanceof Error)) return undefined;
  return "code" in outcome ? outcome.code : outcome;
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 5));

/** Tests that an object keeps the contract. */
export function lifecycle<T extends AsyncDisposable>(name: string, life: Lifecycle<T>): void {
  const { create, use, close, abortable, stalled } = life;

  describe(`the life of ${name}`, () => {
    it("ends with a close, which may be repeated; use after it is a ClosedError", async () => {
      const object = await create();
      expect(codeOf(await settled(use(object)))).toBeUndefined();
      await settled(Promise.all([close(object), close(object)]));
      expect(await settled(close(object).then(() => "closed"))).toBe("closed");
      expect(codeOf(await settled(use(object)))).toBe("closed");
    });

    it("ends with an `await using` block", async () => {
      let left: T;
      {
        await using object = await create();
        left = object;
      }
      expect(codeOf(await settled(use(left)))).toBe("closed");
    });

    it("may be ended at work, which then ends too, in a result or a ClosedError", async () => {
      const object = await create();
      const working = settled(use(object));
      await pause();
      await settled(close(object));
      expect([undefined, "closed"]).toContain(codeOf(await working));
      expect(codeOf(await settled(use(object)))).toBe("closed");
    });

    it.runIf(abortable)("goes on after an abort, before and during work", async () => {
      const work = abortable ?? use;
      await using first = await create();
      expect(codeOf(await settled(work(first, AbortSignal.abort())))).toBe("aborted");
      await using object = life.serves === "many" ? first : await create();
      const controller = new AbortController();
      const working = settled(work(object, controller.signal));
      await pause();
      controller.abort();
      expect([undefined, "aborted"]).toContain(codeOf(await working));
      if (life.serves === "many") expect(codeOf(await settled(use(object)))).toBeUndefined();
    });

    it.runIf(stalled)("does not hang on a source that never answers: abort and close", async () => {
      const stall = stalled ?? use;
      {
        await using object = await create();
        const controller = new AbortController();
        const working = settled(stall(object, controller.signal));
        await pause();
        controller.abort();
        expect(codeOf(await working)).toBe("aborted");
        if (life.serves === "many") expect(codeOf(await settled(use(object)))).toBeUndefined();
      }
      const object = await create();
      const working = settled(stall(object, undefined));
      await pause();
      await settled(close(object));
      expect(codeOf(await working)).toBe("closed");
    });

    it.runIf(life.serves === "many")("serves two at once in turn", async () => {
      await using object = await create();
      const both = [use(object), use(object)].map((working) => settled(working));
      expect((await Promise.all(both)).map(codeOf)).toEqual([undefined, undefined]);
    });
  });
}
