/** A Redis of the tests' own, on loopback, with its data on disk: it can be killed and started again. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Whether there is a `redis-server` (Debian: `apt-get install redis-server`). */
export const hasRedis = spawnSync("redis-server", ["--version"]).status === 0;

export class RedisServer implements AsyncDisposable {
  readonly port: number;
  readonly #folder: string;
  #process: ChildProcess | undefined;

  static async start(): Promise<RedisServer> {
    const folder = await mkdtemp(join(tmpdir(), "xumx-redis-"));
    const server = new RedisServer(folder, await freePort());
    await server.restart();
    return server;
  }

  private constructor(folder: string, port: number) {
    this.#folder = folder;
    this.port = port;
  }

  get address(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts it, killing the one that runs. What was written is there again. */
  async restart(): Promise<void> {
    await this.kill();
    const options = [
      ...["--port", String(this.port), "--bind", "127.0.0.1", "--dir", this.#folder],
      ...["--appendonly", "yes", "--appendfsync", "everysec", "--save", ""],
    ];
    const server = spawn("redis-server", options, { stdio: ["ignore", "pipe", "inherit"] });
    this.#process = server;
    let said = "";
    for await (const text of server.stdout.setEncoding("utf8")) {
      said += text;
      if (/Ready to accept connections/.test(said)) break;
    }
    if (server.exitCode !== null) throw new Error(`redis-server has ended:\n${said}`);
    server.stdout.resume();
  }

  /** Ends it at once, as a crash would. */
  async kill(): Promise<void> {
    const server = this.#process;
    this.#process = undefined;
    if (!server || server.exitCode !== null) return;
    const ended = once(server, "exit");
    server.kill("SIGKILL");
    await ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** A port that nobody listens at. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (typeof address !== "object" || address === null) throw new Error("There is no port.");
  return address.port;
}
