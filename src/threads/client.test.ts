import { afterEach, describe, expect, it } from "vitest";
import { AbortError, ArgumentError, ClosedError, ThreadError } from "../errors.ts";
import type { Client } from "./client.ts";
import { LocalClient } from "./localClient.ts";
import type { ToClient, ToService } from "./protocol.ts";
import { serve } from "./service.ts";
import { type Counting, counting } from "./testing/counting.ts";
import { joinedPorts } from "./testing/joinedPorts.ts";
import { ThreadClient } from "./threadClient.ts";

const opened: Client<Counting>[] = [];
afterEach(() => Promise.all(opened.splice(0).map((client) => client.close())));

function thread(ending: "at once" | "in order" = "in order") {
  const ports = joinedPorts<ToClient<Counting>, ToService<Counting>>();
  let closed = 0;
  serve(
    ports.owned,
    counting(() => closed++),
  );
  const client = new ThreadClient<Counting>(ports.owner, {
    name: "The thread that counts",
    ending,
  });
  opened.push(client);
  return { ...ports, client, closed: () => closed };
}

function local() {
  let closed = 0;
  const client = new LocalClient(counting(() => closed++));
  opened.push(client);
  return { client, closed: () => closed };
}

describe.each([
  ["another thread", thread],
  ["this thread", local],
])("a client of a service in %s", (_, open) => {
  it("has requests answered in their order, each for itself", async () => {
    const { client } = open();
    expect(client.alive).toBe(true);
    const sums = [1, 2, 3].map((value) => client.ask("add", value));
    const [doubled] = await Promise.all([client.ask("double", Float32Array.of(1, 4)), ...sums]);
    expect(doubled).toEqual(Float32Array.of(2, 8));
    expect(await Promise.all(sums)).toEqual([1, 3, 6]);
  });

  it("gives errors their class back, and goes on after them", async () => {
    const { client } = open();
    const error = await client.ask("fail", "typed").catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ArgumentError);
    expect(error).toMatchObject({ message: "This is wrong.", hint: "Do it right." });
    expect(await client.ask("add", 5)).toBe(5);
  });

  it("is freed of a wait by an abort, before and during; others are not", async () => {
    const { client } = open();
    await expect(
      client.ask("stall", undefined, { signal: AbortSignal.abort() }),
    ).rejects.toBeInstanceOf(AbortError);
    const [first, second] = [new AbortController(), new AbortController()];
    const stalled = client.ask("stall", undefined, { signal: first.signal });
    const queued = client.ask("add", 100, { signal: second.signal });
    const after = client.ask("add", 1);
    second.abort();
    await expect(queued).rejects.toBeInstanceOf(AbortError);
    first.abort();
    await expect(stalled).rejects.toBeInstanceOf(AbortError);
    // What was aborted in the queue was not done.
    expect(await after).toBe(1);
  });

  it("can be closed twice and while it works; then everything fails with ClosedError", async () => {
    const { client, closed } = open();
    const stalled = client.ask("stall", undefined).catch((e: unknown) => e);
    const queued = client.ask("add", 1).catch((e: unknown) => e);
    await Promise.all([client.close(), client.close()]);
    expect(await stalled).toBeInstanceOf(ClosedError);
    expect(await queued).toBeInstanceOf(ClosedError);
    await expect(client.ask("add", 1)).rejects.toBeInstanceOf(ClosedError);
    await client.close();
    expect(client.alive).toBe(false);
    expect(closed()).toBe(1);
  });
});

describe("a client of another thread", () => {
  it("moves memory there and back", async () => {
    const { client } = thread();
    const values = Float32Array.of(1, 2);
    const doubled = await client.ask("double", values, { move: [values] });
    expect(values.length).toBe(0);
    expect(doubled).toEqual(Float32Array.of(2, 4));
  });

  it.each([
    ["untyped", { code: "runtime-failed", message: "x is not a function" }],
    ["memory", { code: "out-of-memory", message: "There is not enough memory." }],
  ] as const)("gets %s errors without a stack of the other side", async (how, expected) => {
    const { client } = thread();
    const error = await client.ask("fail", how).catch((e: unknown) => e);
    expect(error).toMatchObject(expected);
    expect(error instanceof Error && error.stack).not.toMatch(/counting/);
  });

  it("fails all that is asked when the thread dies, and what is asked later", async () => {
    const { client, die, held } = thread();
    const stalled = client.ask("stall", undefined).catch((e: unknown) => e);
    const queued = client.ask("add", 1).catch((e: unknown) => e);
    expect(held()).toBe(true);
    die();
    for (const error of [await stalled, await queued]) expect(error).toBeInstanceOf(ThreadError);
    await expect(client.ask("add", 1)).rejects.toMatchObject({ code: "thread-died" });
    expect(client.alive).toBe(false);
    // And still it can be closed.
    await client.close();
    await expect(client.ask("add", 1)).rejects.toBeInstanceOf(ClosedError);
  });

  it("that dies while it is being closed is closed", async () => {
    const { client, die } = thread();
    const closing = client.close();
    die();
    await closing;
  });

  it("keeps a program alive only while the thread works, although nobody waits any more", async () => {
    const { client, held } = thread();
    expect(held()).toBe(false);
    const controller = new AbortController();
    const stalled = client.ask("stall", undefined, { signal: controller.signal });
    expect(held()).toBe(true);
    controller.abort();
    await expect(stalled).rejects.toBeInstanceOf(AbortError);
    expect(held()).toBe(true);
    await client.ask("add", 1);
    expect(held()).toBe(false);
  });

  it("ends it at once where that is allowed", async () => {
    const { client, closed, terminated } = thread("at once");
    const stalled = client.ask("stall", undefined).catch((e: unknown) => e);
    await client.close();
    expect(terminated()).toBe(true);
    expect(closed()).toBe(0);
    expect(await stalled).toBeInstanceOf(ClosedError);
  });
});
