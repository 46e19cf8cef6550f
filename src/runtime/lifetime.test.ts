/** Whole programs that use the runtimes: they must compute, end by themselves and end well. */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
let folder = "";

beforeAll(async () => {
  // Inside of the project, so that the programs find its packages.
  mkdirSync(`${root}node_modules/.cache`, { recursive: true });
  folder = mkdtempSync(`${root}node_modules/.cache/runtime-`);
  const compiler = `${root}node_modules/typescript/bin/tsc`;
  await start([compiler, "-p", `${root}tsconfig.build.json`, "--outDir", folder]);
  writeFileSync(`${folder}/package.json`, '{ "type": "module" }');
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
}

/** Runs a program to its end; one that hangs is killed and ends with a signal. */
function start(args: readonly string[]): Promise<Ending> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { timeout: 60_000 });
    let output = "";
    child.stdout.on("data", (data) => {
      output += data;
    });
    child.stderr.on("data", (data) => {
      output += data;
    });
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, output }));
  });
}

function program(name: string, source: string): Promise<Ending> {
  const preamble = `
    import { loadRuntime } from "./runtime/index.js";
    import { GraphBuilder, writeOnnx } from "./graph/index.js";
    async function compute(preference, threads, close) {
      const b = new GraphBuilder("g");
      const x = b.input("x", [1, 32, 64, "n"]);
      const w = b.parameter("w", [32, 32, 3, 3], new Float32Array(32 * 32 * 9).fill(1));
      b.output("y", b.conv2d(x, w));
      const runtime = await loadRuntime(preference);
      const session = await runtime.createSession(writeOnnx(b.build()), { threads });
      const feed = { dims: [1, 32, 64, 64], data: new Float32Array(32 * 64 * 64).fill(1) };
      let y;
      for (let i = 0; i < 5; i++) ({ y } = await session.run({ x: feed }));
      if (close) await session.close();
      return runtime.name + " " + session.threads + " " + y.data.every((value) => value === 288);
    }`;
  writeFileSync(`${folder}/${name}.js`, `${preamble}\n${source}`);
  return start([`${folder}/${name}.js`]);
}

describe.each(["native", "wasm"])("a program with a %s session", (preference) => {
  it.each([true, false])("of two threads ends by itself (closed: %s)", async (close) => {
    const source = `console.log(await compute("${preference}", 2, ${close}));`;
    const ending = await program(`${preference}-${close}`, source);
    expect(ending).toEqual({ code: 0, signal: null, output: `${preference} 2 true\n` });
  });

  it.each([true, false])("in each of two workers ends well (closed: %s)", async (close) => {
    const source = `
      import { Worker, isMainThread, parentPort } from "node:worker_threads";
      if (isMainThread) {
        const workers = [1, 2].map(() => new Worker(new URL(import.meta.url)));
        const ended = workers.map(async (worker) => {
          const message = new Promise((resolve) => worker.once("message", resolve));
          const code = new Promise((resolve, reject) => worker.once("exit", resolve).once("error", reject));
          return (await message) + " " + (await code);
        });
        console.log((await Promise.all(ended)).join(", "));
      } else {
        parentPort.postMessage(await compute("${preference}", 1, ${close}));
      }`;
    const ending = await program(`${preference}-workers-${close}`, source);
    const output = `${preference} 1 true 0, ${preference} 1 true 0\n`;
    expect(ending).toEqual({ code: 0, signal: null, output });
  });
});
