#!/usr/bin/env node
/** The program: runs the command line, and turns errors into messages and exit codes. */
import { existsSync } from "node:fs";
import { CommanderError } from "commander";
import { AbortError, XumxError } from "../errors.ts";
import { shortage } from "../shortage.ts";
import { exitCodeOf, MISUSED } from "./exitCodes.ts";

// A reader that has gone (`| head`, a closed terminal) is no reason to stop working.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE" && error.code !== "ERR_STREAM_DESTROYED") throw error;
  });
}

try {
  checkWorkingFolder();
  // Loaded here, so that what the loading lacks is said in words.
  const { createProgram, withCommand } = await import("./program.ts");
  const program = createProgram();
  const args = withCommand(process.argv.slice(2), program, existsSync);
  if (args[0] === "-V" || args[0] === "--version") await showVersion();
  else await program.parseAsync(args, { from: "user" });
} catch (thrown) {
  const error = thrown instanceof XumxError ? thrown : (shortage(thrown) ?? thrown);
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

function checkWorkingFolder(): void {
  try {
    process.cwd();
  } catch (cause) {
    const hint = "Change to a folder that is there.";
    throw new XumxError("not-found", "The working folder was removed.", hint, { cause });
  }
}

async function showVersion(): Promise<void> {
  const [{ defaultModel, loadModel }, { version }] = await Promise.all([
    import("../models/index.ts"),
    import("./version.ts"),
  ]);
  // The version is told even where the model cannot be read.
  const model = await loadModel(defaultModel, { offline: true }).catch(() => undefined);
  const licence = model && (model.config.licence ?? "terms of use unknown");
  process.stdout.write(
    `${version}\ndefault model: ${defaultModel} (${licence ?? "not on this machine"})\n`,
  );
}
