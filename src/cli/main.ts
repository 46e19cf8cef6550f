#!/usr/bin/env node
/** The program: runs the command line, and turns errors into messages and exit codes. */
import { existsSync } from "node:fs";
import { CommanderError } from "commander";
import { AbortError, FileError, XumxError } from "../errors.ts";
import { shortage } from "../shortage.ts";
import { exitCodeOf, FAILED, MISUSED } from "./exitCodes.ts";
import { escapedLines, mindStreams, print, say, sayError } from "./terminal.ts";

mindStreams();

try {
  checkWorkingFolder();
  // Loaded here, so that what the loading lacks is said in words.
  const { createProgram, withCommand } = await import("./program.ts");
  const args = withCommand(process.argv.slice(2), existsSync);
  if (args[0] === "-V" || args[0] === "--version") await showVersion();
  else await (await createProgram(args[0])).parseAsync(args, { from: "user" });
} catch (thrown) {
  const error = thrown instanceof XumxError ? thrown : (shortage(thrown) ?? thrown);
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
  const [{ defaultModel, describeModel }, { version }] = await Promise.all([
    import("../models/index.ts"),
    import("../version.ts"),
  ]);
  // The version is told even where the model cannot be read.
  const model = await describeModel().catch(() => undefined);
  const licence = model && (model.licence ?? "terms of use unknown");
  print(`${version}\ndefault model: ${defaultModel} (${licence ?? "not on this machine"})\n`);
}
