#!/usr/bin/env node
/** The program: runs the command line, and turns errors into messages and exit codes. */
import { existsSync } from "node:fs";
import { CommanderError } from "commander";
import { AbortError, FileError, XumxError } from "../errors.ts";
import { defaultModel, describeModel } from "../models/index.ts";
import { exitCodeOf, FAILED, MISUSED } from "./exitCodes.ts";
import { createProgram, withCommand } from "./program.ts";
import { escapedLines, mindStreams, print, say, sayError } from "./terminal.ts";
import { version } from "./version.ts";

mindStreams();
const program = createProgram();

try {
  checkWorkingFolder();
  const args = withCommand(process.argv.slice(2), program, existsSync);
  if (args[0] === "-V" || args[0] === "--version") await showVersion();
  else await program.parseAsync(args, { from: "user" });
} catch (error) {
  if (error instanceof AbortError) {
    say("Interrupted; nothing was left half-written.");
    process.exitCode = exitCodeOf(error);
  } else if (error instanceof XumxError) {
    sayError(error);
    process.exitCode = exitCodeOf(error);
  } else if (error instanceof CommanderError) {
    // Commander has said it; asked-for help is no error.
    process.exitCode = error.exitCode === 0 ? 0 : MISUSED;
  } else {
    // A fault of ours: whoever mends it needs to know where it happened.
    say(escapedLines(error instanceof Error ? `${error.stack}` : String(error)));
    process.exitCode = FAILED;
  }
}

/** Node itself looks the folder up whenever a relative path is resolved. @throws {FileError} */
function checkWorkingFolder(): void {
  try {
    process.cwd();
  } catch (cause) {
    throw new FileError(
      "not-found",
      "The folder that this shell is in does not exist any more.",
      "Go to another one (cd), and try again.",
      { cause },
    );
  }
}

async function showVersion(): Promise<void> {
  // The version is told even where the model cannot be read.
  const model = await describeModel().catch(() => undefined);
  const licence = model && (model.licence ?? "terms of use unknown");
  print(`${version}\ndefault model: ${defaultModel} (${licence ?? "not on this machine"})\n`);
}
