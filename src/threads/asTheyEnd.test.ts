import { expect, it } from "vitest";
import { ArgumentError } from "../errors.ts";
import { asTheyEnd } from "./asTheyEnd.ts";
import { LocalClient } from "./localClient.ts";
import { Pool } from "./pool.ts";

interface Lengths {
  readonly length: { readonly request: string; readonly answer: number };
}

async function ended(jobs: readonly string[], smaller?: (job: string) => readonly string[]) {
  await using pool = new Pool<Lengths>(
    1,
    () =>
      new LocalClient<Lengths>({
        handlers: {
          length(text) {
            if (text.includes("x")) throw new ArgumentError("an x");
            if (text.includes("!")) throw new TypeError("a mistake");
            return text.length;
          },
        },
      }),
  );
  const found: unknown[] = [];
  const stream = asTheyEnd(pool, "length", jobs, (job) => job, undefined, smaller);
  for await (const { job, outcome } of stream) {
    found.push([job, outcome instanceof Error ? outcome.message : outcome]);
  }
  return found;
}

it("gives every job with its outcome, failed ones too", async () => {
  expect(await ended(["abc", "x", "de"])).toEqual([
    ["abc", 3],
    ["x", "an x"],
    ["de", 2],
  ]);
});

it("does smaller jobs in place of one that failed", async () => {
  const smaller = (job: string) => (job.length > 1 ? [...job] : []);
  expect(await ended(["ab", "cx"], smaller)).toEqual([
    ["ab", 2],
    ["c", 1],
    ["x", "an x"],
  ]);
});

it("ends with what is no error of this package", async () => {
  await expect(ended(["ab", "!"])).rejects.toThrow("a mistake");
});
