/** Real threads, of the compiled program: a thread of Node cannot run TypeScript. */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Client } from "./client.ts";
import type * as Node from "./node.ts";

interface Trying {
  readonly add: { readonly request: readonly number[]; readonly answer: number };
  readonly die: { readonly request: "exit" | "uncaught" | "heap"; readonly answer: undefined };
  readonly spin: { readonly request: undefined; readonly answer: undefined };
}

const compiled = new URL("../../dist/threads/node.js", import.meta.url).href;
const folder = mkdtempSync(join(tmpdir(), "xumx-threads-"));
const worker = join(folder, "worker.mjs");
let node: typeof Node;
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeAll(async () => {
  if (!existsSync(new URL(compiled))) {
    throw new Error("dist is missing: run `npm run build` first.");
  }
  node = await import(compiled);
  writeFileSync(
    worker,
    `import { serveInThread } from ${JSON.stringify(compiled)};
    const ways = {
      exit: () => process.exit(3),
      uncaught: () => setTimeout(() => { throw new Error("out of the blue"); }),
      heap: () => { const held = []; for (;;) held.push(Array.from({ length: 1000 }, (_, i) => i / 3)); },
    };
    serveInThread({
      handlers: {
        add: ([a, b]) => a + b,
        die: (way) => new Promise(ways[way]),
        spin: () => { for (;;); },
      },
    });`,
  );
});

function start(url = pathToFileURL(worker)): Client<Trying> {
  const manner = { name: "The thread", ending: "at once", hint: "Do something." } as const;
  return node.startThread(url, { ...manner, heap: 30 });
}

describe("a client of a thread", () => {
  it("has requests answered", async () => {
    await using client = start();
    expect(await client.ask("add", [1, 2])).toBe(3);
  });

  it.each([
    ["exit", "thread-died", "The thread stopped: it ended with code 3."],
    ["uncaught", "thread-died", "The thread stopped: out of the blue."],
    ["heap", "out-of-memory", "The thread ran out of memory."],
  ] as const)("hears of its death: %s", async (way, code, message) => {
    const client = start();
    const asked = [client.ask("die", way), client.ask("add", [1, 2])];
    for (const error of await Promise.all(asked.map((a) => a.catch((e: unknown) => e)))) {
      expect(error).toMatchObject({ name: "ThreadError", code, message, hint: "Do something." });
    }
    expect(client.alive).toBe(false);
    await client.close();
  });

  it("can end it whatever it does", async () => {
    const client = start();
    const spinning = client.ask("spin", undefined).catch((e: unknown) => e);
    await client.close();
    expect(await spinning).toMatchObject({ code: "closed", message: "The thread was closed." });
  });

  it("hears of a module that is missing", async () => {
    await using client = start(new URL("file:///nowhere.mjs"));
    await expect(client.ask("add", [1, 2])).rejects.toMatchObject({
      code: "thread-died",
      message: expect.stringMatching(/^The thread stopped: Cannot find module/),
    });
  });
});

it("a program waits for answers that are to come, and ends by itself when a thread idles", async () => {
  const program = join(folder, "program.mjs");
  writeFileSync(
    program,
    `import { startThread } from ${JSON.stringify(compiled)};
    const url = new URL(${JSON.stringify(pathToFileURL(worker).href)});
    const client = startThread(url, { name: "The thread", ending: "in order" });
    client.ask("add", [1, 2]).then((answer) => console.log("answer", answer));`,
  );
  const child = spawn(process.execPath, [program], { timeout: 30_000 });
  let output = "";
  child.stdout.on("data", (data) => {
    output += data;
  });
  const code = await new Promise((resolve) => child.on("close", resolve));
  expect({ code, output }).toEqual({ code: 0, output: "answer 3\n" });
});

it("a module that serves runs in a thread only", () => {
  expect(() => node.serveInThread({ handlers: {} })).toThrow(/in a thread only/);
});
