import { describe, expect, it } from "vitest";
import { follow, orAborted, untilAborted } from "./abort.ts";
import { AbortError, ClosedError } from "./errors.ts";

const never = () => new Promise<never>(() => undefined);

describe("a wait", () => {
  it("ends as the promise does, or as soon as the signal fires", async () => {
    const controller = new AbortController();
    expect(await orAborted(Promise.resolve(1), controller.signal)).toBe(1);
    await expect(orAborted(Promise.reject(new Error("no")), controller.signal)).rejects.toThrow(
      "no",
    );
    const waiting = orAborted(never(), controller.signal);
    controller.abort("enough");
    await expect(waiting).rejects.toMatchObject({ code: "aborted", cause: "enough" });
    await expect(orAborted(never(), controller.signal)).rejects.toBeInstanceOf(AbortError);
  });

  it("that a close ends tells of that", async () => {
    const closed = AbortSignal.abort(new ClosedError("It was closed."));
    await expect(orAborted(never(), closed)).rejects.toThrow("It was closed.");
  });
});

describe("a source", () => {
  it("gives what it has, iterable in either way, and is let go when it is left", async () => {
    const seen: number[] = [];
    for await (const value of untilAborted([1, 2], undefined)) seen.push(value);
    let left = 0;
    async function* counting() {
      try {
        for (let i = 3; ; i++) yield i;
      } finally {
        left++;
      }
    }
    for await (const value of untilAborted(counting(), undefined)) {
      seen.push(value);
      if (value === 4) break;
    }
    expect(seen).toEqual([1, 2, 3, 4]);
    expect(left).toBe(1);
  });

  it("that does not answer is told that it is no longer wanted, and not waited for", async () => {
    let told = false;
    const controller = new AbortController();
    const source: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => ({
        next: never,
        return() {
          told = true;
          return never();
        },
      }),
    };
    const reading = untilAborted(source, controller.signal).next();
    controller.abort();
    await expect(reading).rejects.toBeInstanceOf(AbortError);
    expect(told).toBe(true);
  });
});

it("a controller follows a signal, for its reason, until it is let go", () => {
  const [leader, first, second] = [1, 2, 3].map(() => new AbortController());
  follow(first, leader.signal);
  follow(second, leader.signal)[Symbol.dispose]();
  leader.abort("why");
  expect(first.signal.reason).toBe("why");
  expect(second.signal.aborted).toBe(false);
  const late = new AbortController();
  follow(late, leader.signal);
  expect(late.signal.reason).toBe("why");
});
