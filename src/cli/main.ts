#!/usr/bin/env node
/** The program: runs the command line, and turns errors into messages and exit codes. */
import { existsSync } from "node:fs";
import { CommanderError } from "commander";
import { AbortError, XumxError } from "../errors.ts";
import { defaultModel, loadModel } from "../models/index.ts";
import { exitCodeOf, MISUSED } from "./exitCodes.ts";
import { createProgram, withCommand } from "./program.ts";
import { version } from "./version.ts";

// A reader that has gone (`| head`, a closed terminal) is no reason to stop working.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE" && error.code !== "ERR_STREAM_DESTROYED") throw error;
  });
}

const program = createProgram();

try {
  const args = withCommand(process.argv.slice(2), program, existsSync);
  if (args[0] === "-V" || args[0] === "--version") await showVersion();
  else await program.parseAsync(args, { from: "user" });
} catch (error) {
  if (error instanceof AbortError) {
    process.stderr.write("Interrupted; nothing was left half-written.\n");
    process.exitCode = exitCodeOf(error);
  } else if (error instanceof XumxError) {
    process.stderr.write(`xumx-slicq: ${error.message}\n${error.hint ? `  ${error.hint}\n` : ""}`);
    process.exitCode = exitCodeOf(error);
  } else if (error instanceof CommanderError) {
    // Commander has said it; asked-for help is no error.
    process.exitCode = error.exitCode === 0 ? 0 : MISUSED;
  } else {
    throw error;
  }
}

async function showVersion(): Promise<void> {
  // The version is told even where the model cannot be read.
  const model = await loadModel(defaultModel, { offline: true }).catch(() => undefined);
  const licence = model && (model.config.licence ?? "terms of use unknown");
  process.stdout.write(
    `${version}\ndefault model: ${defaultModel} (${licence ?? "not on this machine"})\n`,
  );
}
