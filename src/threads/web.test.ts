import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ClosedError } from "../errors.ts";
import { type Counting, counting } from "./testing/counting.ts";
import { askWorker, serveInWorker } from "./web.ts";

/** A Web Worker as far as it is used here: its inside is this thread's `self`. */
class FakeWorker extends EventTarget implements Worker {
  onmessage = null;
  onmessageerror = null;
  onerror = null;
  readonly inside = new EventTarget();
  terminated = false;

  postMessage(data: unknown, options?: StructuredSerializeOptions | Transferable[]): void {
    const transfer = Array.isArray(options) ? options : (options?.transfer ?? []);
    this.#send(this.inside, structuredClone(data, { transfer }));
  }

  /** What the inside sends. */
  answer(data: unknown, { transfer = [] }: StructuredSerializeOptions): void {
    this.#send(this, structuredClone(data, { transfer }));
  }

  terminate(): void {
    this.terminated = true;
  }

  #send(to: EventTarget, data: unknown): void {
    setTimeout(() => to.dispatchEvent(new MessageEvent("message", { data })));
  }
}

const manner = { name: "The thread that counts", ending: "at once", hint: "Reload." } as const;
let worker: FakeWorker;
beforeEach(() => {
  const made = new FakeWorker();
  worker = made;
  vi.stubGlobal("self", {
    addEventListener: made.inside.addEventListener.bind(made.inside),
    postMessage: made.answer.bind(made),
  });
  serveInWorker(counting());
});
afterEach(() => vi.unstubAllGlobals());

describe("a client of a Web Worker", () => {
  it("has requests answered, and moves memory", async () => {
    const client = askWorker<Counting>(worker, manner);
    expect(await client.ask("add", 3)).toBe(3);
    const values = Float32Array.of(1, 2);
    expect(await client.ask("double", values, { move: [values] })).toEqual(Float32Array.of(2, 4));
    expect(values.length).toBe(0);
    await client.close();
    expect(worker.terminated).toBe(true);
    await expect(client.ask("add", 1)).rejects.toBeInstanceOf(ClosedError);
  });

  it("hears of a fault outside of a request, which ends the worker", async () => {
    const client = askWorker<Counting>(worker, manner);
    const stalled = client.ask("stall", undefined).catch((e: unknown) => e);
    const event = Object.assign(new Event("error", { cancelable: true }), { message: "oh" });
    worker.dispatchEvent(event);
    expect(await stalled).toMatchObject({
      code: "thread-died",
      message: "The thread that counts stopped: oh.",
      hint: "Reload.",
    });
    expect(event.defaultPrevented).toBe(true);
    expect(worker.terminated).toBe(true);
    expect(client.alive).toBe(false);
  });
});
