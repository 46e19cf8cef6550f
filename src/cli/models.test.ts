import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { XumxError } from "../errors.ts";
import { bundledModels, defaultModel, type PublishedModel } from "../models/index.ts";
import {
  answering,
  publishedAs,
  serving,
  someBytes,
  WeightServer,
} from "../models/testing/weightServer.ts";
import { addModelsCommand } from "./models.ts";

const root = mkdtempSync(join(tmpdir(), "xumx cli models "));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const content = someBytes(50_000);
const published: readonly PublishedModel[] = [
  publishedAs("far", content),
  publishedAs("farther", someBytes(60_000, 2)),
];
let cache = "";
beforeEach(() => {
  cache = mkdtempSync(join(root, "c"));
  for (const name of ["HTTP_PROXY", "http_proxy", "XUMX_SLICQ_OFFLINE"]) vi.stubEnv(name, "");
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

interface Ending {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
  readonly error: XumxError | undefined;
}

async function run(host: string, ...args: readonly string[]): Promise<Ending> {
  const said = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    vi.spyOn(process[name], "write").mockImplementation((text) => {
      said[name] += text;
      return true;
    });
  }
  const program = new Command("xumx-slicq").exitOverride();
  addModelsCommand(program, { cache, host, published, originals: [], pauseSeconds: 0.01 });
  const listeners = process.listeners("SIGINT");
  const error = await program.parseAsync(["models", ...args], { from: "user" }).then(
    () => undefined,
    (thrown: unknown) => {
      if (thrown instanceof XumxError) return thrown;
      throw thrown;
    },
  );
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const) {
    for (const listener of process.listeners(signal)) {
      if (!listeners.includes(listener)) process.off(signal, listener);
    }
  }
  const code = Number(process.exitCode ?? 0);
  process.exitCode = undefined;
  vi.restoreAllMocks();
  return { ...said, code, error };
}

const nowhere = "http://127.0.0.1:1";

describe("models list", () => {
  it("shows each model with its terms and where it is, and which is the default", async () => {
    const { stdout } = await run(nowhere);
    expect(stdout).toMatch(new RegExp(`^\\* ${defaultModel} .* bundled .*non-commercial`, "m"));
    expect(stdout).toMatch(/^ {2}far +realtime +0\.1 MB +not here +terms unknown$/m);
    expect(stdout).toContain(cache);
    expect(stdout).not.toMatch(/ \n/);
  });

  it("says the same to programs", async () => {
    const { stdout } = await run(nowhere, "list", "--json");
    const models: { name: string; [key: string]: unknown }[] = JSON.parse(stdout);
    expect(models.map(({ name }) => name)).toEqual([...(await bundledModels()), "far", "farther"]);
    expect(models.find(({ name }) => name === defaultModel)).toMatchObject({
      ...{ default: true, place: "bundled", licence: expect.stringMatching(/non-commercial/) },
    });
    expect(models.at(-1)).toMatchObject({
      ...{ default: false, place: "remote", path: null, size: 60_000, variant: "realtime" },
    });
  });
});

describe("models pull, path, verify and remove", () => {
  it("bring a model, find it, find it good, and take it away", async () => {
    await using server = await WeightServer.start(serving(content));
    const pulled = await run(server.host, "pull", "far", defaultModel);
    expect(pulled.error).toBeUndefined();
    const [path, bundled] = pulled.stdout.trim().split("\n");
    expect(readFileSync(path).equals(content)).toBe(true);
    expect(existsSync(bundled)).toBe(true);
    expect(pulled.stderr).toMatch(
      /^fetching far \(0\.1 MB\) from http:.*\nfar: 0\.1 MB, checksum right\n$/,
    );

    expect((await run(nowhere, "path", "far")).stdout).toBe(`${path}\n`);
    expect((await run(nowhere, "pull", "far")).stdout).toBe(`${path}\n`);
    expect((await run(nowhere, "list")).stdout).toMatch(/ far .* fetched /);
    const verified = await run(nowhere, "verify");
    expect(verified.code).toBe(0);
    expect(verified.stdout).toMatch(/^far: good \(checksum right\)$/m);
    expect(verified.stdout).not.toMatch(/farther/);

    expect((await run(nowhere, "remove", "far")).stdout).toBe("far: removed\n");
    expect(existsSync(path)).toBe(false);
    expect((await run(nowhere, "remove", "far")).stdout).toBe("far: was not here\n");
    expect((await run(nowhere, "remove", "--all")).stdout).toBe("");
  });

  it("find damage, and say how to repair it", async () => {
    await using server = await WeightServer.start(serving(content));
    const path = (await run(server.host, "pull", "far")).stdout.trim();
    for (const damage of [someBytes(50_000, 9), content.subarray(1)]) {
      writeFileSync(path, damage);
      const { stdout, code } = await run(nowhere, "verify");
      expect(code).toBe(1);
      expect(stdout).toMatch(
        /^far: BAD, it.*\n.*\n {2}repair: .*models remove far && .*models pull far$/m,
      );
      const json = JSON.parse((await run(nowhere, "verify", "far", "--json")).stdout);
      expect(json).toMatchObject([{ name: "far", verdict: "bad", reason: expect.any(String) }]);
    }
  });

  it("say what is not here", async () => {
    expect((await run(nowhere, "path", "far")).error?.hint).toMatch(/models pull far/);
    const { stdout, code } = await run(nowhere, "verify", "far");
    expect([stdout, code]).toEqual(["far: not on this machine (models pull far)\n", 1]);
  });

  it("refuse unknown names before anything is done", async () => {
    await using server = await WeightServer.start(serving(content));
    for (const command of ["pull", "path", "verify", "remove"]) {
      const args = command === "path" ? ["nope"] : ["far", "nope"];
      const { error } = await run(server.host, command, ...args);
      expect(error).toMatchObject({
        code: "weights-missing",
        hint: expect.stringMatching(/farther/),
      });
    }
    expect(server.requests).toHaveLength(0);
  });

  it("refuse to fetch when offline, to remove what is bundled, and nothing in particular", async () => {
    vi.stubEnv("XUMX_SLICQ_OFFLINE", "1");
    expect((await run(nowhere, "pull", "far")).error?.code).toBe("offline");
    expect((await run(nowhere, "remove", defaultModel)).error?.code).toBe("invalid-argument");
    expect((await run(nowhere, "remove")).error?.code).toBe("invalid-argument");
    expect((await run(nowhere, "remove", "far", "--all")).error?.code).toBe("invalid-argument");
  });

  it("fail as downloads fail, and show their tries", async () => {
    await using server = await WeightServer.start(answering(500));
    const { error, stderr, stdout } = await run(server.host, "pull", "far");
    expect(error?.code).toBe("download-failed");
    expect(stderr).toMatch(/answers 500; trying again in 0\.\d+ s/);
    expect(stdout).toBe("");
  });
});
