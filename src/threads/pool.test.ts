import { describe, expect, it } from "vitest";
import { AbortError, ClosedError } from "../errors.ts";
import { LocalClient } from "./localClient.ts";
import { Pool } from "./pool.ts";
import type { ToClient, ToService } from "./protocol.ts";
import { serve } from "./service.ts";
import { type Counting, counting } from "./testing/counting.ts";
import { joinedPorts } from "./testing/joinedPorts.ts";
import { ThreadClient } from "./threadClient.ts";

const local = () => new LocalClient(counting());

describe("a pool", () => {
  it("gives requests to whoever is free", async () => {
    await using pool = new Pool<Counting>(2, local);
    const controller = new AbortController();
    const stalled = pool.ask("stall", undefined, { signal: controller.signal });
    // One place is taken: all of these go to the other.
    const sums = [1, 2, 3].map((value) => pool.ask("add", value));
    expect(await Promise.all(sums)).toEqual([1, 3, 6]);
    controller.abort();
    await expect(stalled).rejects.toBeInstanceOf(AbortError);
    // Both are free again, the other one first.
    expect(await Promise.all([pool.ask("add", 10), pool.ask("add", 20)])).toEqual([16, 20]);
  });

  it("forgets what was aborted while it waited for a place", async () => {
    await using pool = new Pool<Counting>(1, local);
    const [first, second] = [new AbortController(), new AbortController()];
    const stalled = pool.ask("stall", undefined, { signal: first.signal });
    const waiting = pool.ask("add", 1, { signal: second.signal });
    const last = pool.ask("add", 5);
    second.abort();
    await expect(waiting).rejects.toBeInstanceOf(AbortError);
    first.abort();
    await expect(stalled).rejects.toBeInstanceOf(AbortError);
    expect(await last).toBe(5);
  });

  it("that is closed fails all that works and waits, and all that comes", async () => {
    const pool = new Pool<Counting>(1, local);
    const asked = [pool.ask("stall", undefined), pool.ask("add", 1)].map((answer) =>
      answer.catch((e: unknown) => e),
    );
    await Promise.all([pool.close(), pool.close()]);
    for (const error of await Promise.all(asked)) expect(error).toBeInstanceOf(ClosedError);
    await expect(pool.ask("add", 1)).rejects.toBeInstanceOf(ClosedError);
    await expect(pool.askAll("add", 1)).rejects.toBeInstanceOf(ClosedError);
  });

  it("replaces a dead thread, and tells the new one what all were told", async () => {
    const started: { die(): void }[] = [];
    await using pool = new Pool<Counting>(1, () => {
      const ports = joinedPorts<ToClient<Counting>, ToService<Counting>>();
      serve(ports.owned, counting());
      started.push(ports);
      return new ThreadClient<Counting>(ports.owner, { name: "The thread", ending: "at once" });
    });
    await pool.askAll("add", 40);
    const stalled = pool.ask("stall", undefined);
    const next = pool.ask("add", 2);
    await Promise.resolve();
    started[0].die();
    await expect(stalled).rejects.toMatchObject({ code: "thread-died" });
    expect(await next).toBe(42);
    expect(started.length).toBe(2);
  });
});
