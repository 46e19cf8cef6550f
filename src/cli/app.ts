/** `xumx-slicq app`: the web app, served to this machine's browser. */
import { spawn } from "node:child_process";
import type { Command } from "commander";
import { ArgumentError } from "../errors.ts";
import { abortOnSignals } from "./abort.ts";
import { AppServer } from "./appServer.ts";
import { printJson, printPath, say } from "./terminal.ts";
import { whole } from "./values.ts";

/** What browsers keep for the app (models, settings) they keep for its address: so that is the same each time. */
const USUAL_PORT = 7529;

interface AppFlags {
  readonly port?: number;
  readonly open: boolean;
  readonly json?: true;
}

/** Adds the command to the program. */
export function addAppCommand(program: Command): void {
  program
    .command("app")
    .description("the web app: serve it to this machine's browser, and open that")
    .option(
      "--port <n>",
      `where it is served; 0: any free port (default: ${USUAL_PORT}, or any free port)`,
      whole(0, 65535),
    )
    .option("--no-open", "open no browser")
    .option("--json", "the address as one JSON object on stdout")
    .action(runApp);
}

async function runApp({ port, open, json }: AppFlags): Promise<void> {
  const signal = abortOnSignals();
  await using server = await started(port);
  const { address } = server;
  if (json) printJson({ event: "serving", address });
  else {
    printPath(address);
    say("Songs stay on this machine. Ctrl-C ends it.");
  }
  if (open) openBrowser(address);
  await ended(signal);
}

/** Where no port was asked for, another one will do. */
async function started(port: number | undefined): Promise<AppServer> {
  if (port !== undefined) return AppServer.start(port);
  try {
    return await AppServer.start(USUAL_PORT);
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error;
    return AppServer.start(0);
  }
}

/** Asks the system for its browser. Where there is none, the address stands in the terminal. */
function openBrowser(address: string): void {
  const [command, ...args] = opener(address);
  const child = spawn(command, args, { stdio: "ignore", detached: true });
  child.on("error", () => undefined);
  child.unref();
}

function opener(address: string): readonly [string, ...string[]] {
  if (process.platform === "darwin") return ["open", address];
  if (process.platform === "win32") return ["cmd", "/c", "start", "", address];
  return ["xdg-open", address];
}

function ended(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
