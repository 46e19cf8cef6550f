import { expect, it } from "vitest";
import { AbortError, ArgumentError } from "../errors.ts";
import { asTheyEnd } from "./asTheyEnd.ts";

async function ended<A>(stream: AsyncGenerator<{ job: unknown; outcome: A | Error }>) {
  const found: unknown[] = [];
  for await (const { job, outcome } of stream) {
    found.push([job, outcome instanceof Error ? outcome.message : outcome]);
  }
  return found;
}

it("gives jobs as they end, failed ones too", async () => {
  const begin = async (job: number) => {
    for (let turn = 0; turn < job; turn++) await new Promise(setImmediate);
    if (job === 2) throw new ArgumentError("two");
    return 10 * job;
  };
  expect(await ended(asTheyEnd([9, 2, 5], begin))).toEqual([
    [2, "two"],
    [5, 50],
    [9, 90],
  ]);
});

it("does smaller jobs in place of one that failed", async () => {
  const begin = async (job: string) => {
    if (job.includes("x")) throw new ArgumentError("x");
    return job.length;
  };
  const smaller = (job: string) => (job.length > 1 ? [...job] : []);
  const found = await ended(asTheyEnd(["ab", "cx"], begin, smaller));
  expect(found).toEqual([
    ["ab", 2],
    ["c", 1],
    ["x", "x"],
  ]);
});

it("ends when a job is aborted, or fails by a mistake of ours", async () => {
  for (const error of [new AbortError(), new TypeError("mistake")]) {
    const begin = () => Promise.reject(error);
    await expect(ended(asTheyEnd([1, 2], begin))).rejects.toBe(error);
  }
});
