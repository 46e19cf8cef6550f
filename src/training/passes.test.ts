import { expect, it } from "vitest";
import { ClosedError } from "../errors.ts";
import { Passes } from "./passes.ts";

/** A pass that ends when it is told to. */
function pass(name: string, log: string[]) {
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const work = async () => {
    log.push(`${name} begins`);
    await ended;
    log.push(`${name} ends`);
    return name;
  };
  return { work, end };
}

it("one pass at a time, in order, also after one that failed", async () => {
  const log: string[] = [];
  const passes = new Passes();
  const [a, b] = [pass("a", log), pass("b", log)];
  const first = passes.run(a.work);
  const failing = passes.run(() => Promise.reject(new Error("no")));
  const second = passes.run(b.work);
  b.end();
  a.end();
  await expect(failing).rejects.toThrow("no");
  expect(await Promise.all([first, second])).toEqual(["a", "b"]);
  expect(log).toEqual(["a begins", "a ends", "b begins", "b ends"]);
});

it("closing waits for the pass under way, frees once, and refuses what comes later", async () => {
  const log: string[] = [];
  const passes = new Passes();
  const a = pass("a", log);
  const running = passes.run(a.work);
  const free = async () => {
    log.push("freed");
  };
  const closing = passes.close(free);
  await expect(passes.run(a.work)).rejects.toThrow(ClosedError);
  a.end();
  await Promise.all([running, closing, passes.close(free)]);
  expect(log).toEqual(["a begins", "a ends", "freed"]);
});
