import { expect, it } from "vitest";
import { AbortError, ArgumentError } from "../errors.ts";
import { asTheyEnd, type JobResult } from "./asTheyEnd.ts";
import { LocalClient } from "./localClient.ts";
import { Pool } from "./pool.ts";
import { type Counting, counting } from "./testing/counting.ts";

const open = (size: number) => new Pool<Counting>(size, () => new LocalClient(counting()));

async function all<J, A>(results: AsyncIterable<JobResult<J, A>>): Promise<JobResult<J, A>[]> {
  const found: JobResult<J, A>[] = [];
  for await (const result of results) found.push(result);
  return found;
}

it("every job of a list is done once, many more than there are clients", async () => {
  await using pool = open(3);
  const jobs = Array.from({ length: 50 }, (_, i) => i);
  const results = await all(asTheyEnd(pool, "add", jobs, (job) => job));
  expect(results.map(({ job }) => job).sort((a, b) => a - b)).toEqual(jobs);
});

it("a job that fails with a typed error is told, or done in smaller ones", async () => {
  await using pool = open(2);
  const jobs = [{ parts: 1 }, { parts: 3 }];
  const request = () => "typed" as const;
  const results = await all(asTheyEnd(pool, "fail", jobs, request));
  expect(results.map(({ job }) => job.parts).sort()).toEqual([1, 3]);
  for (const { outcome } of results) expect(outcome).toMatchObject({ code: "invalid-argument" });
  const smaller = ({ parts }: { parts: number }) =>
    parts > 1 ? Array.from({ length: parts }, () => ({ parts: 1 })) : [];
  const parts = await all(asTheyEnd(pool, "fail", jobs, request, undefined, smaller));
  expect(parts.map(({ job }) => job.parts)).toEqual([1, 1, 1, 1]);
});

it("an abort ends the list at once; so does an error that is no job's own", async () => {
  await using pool = open(1);
  const controller = new AbortController();
  const stalled = all(asTheyEnd(pool, "stall", [1, 2], () => undefined, controller.signal));
  controller.abort();
  await expect(stalled).rejects.toBeInstanceOf(AbortError);
  const failing = all(asTheyEnd(pool, "fail", ["untyped"] as const, (job) => job));
  const error = await failing.catch((e: unknown) => e);
  expect(error).toBeInstanceOf(Error);
  expect(error).not.toBeInstanceOf(ArgumentError);
});
