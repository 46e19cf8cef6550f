#!/usr/bin/env node
/** The command line: wires the commands, and turns errors into messages and exit codes. */
import { createRequire } from "node:module";
import { Command } from "commander";
import { AbortError, XumxError } from "../errors.ts";
import { INTERRUPTED } from "./abort.ts";
import { addAggregateCommand } from "./aggregate.ts";
import { addDemixCommand } from "./demix.ts";
import { addEvaluateCommand } from "./evaluate.ts";
import { addExportCommand } from "./export.ts";
import { addSlicqSearchCommand } from "./slicqSearch.ts";
import { addTrainCommand } from "./train.ts";

const { version } = createRequire(import.meta.url)("../../package.json");

// A reader that has gone (`| head`, a closed terminal) is no reason to stop working.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE" && error.code !== "ERR_STREAM_DESTROYED") throw error;
  });
}

const program = new Command("xumx-slicq")
  .description("Music demixing on your own machine: a song in, its stems out.")
  .version(version)
  .showHelpAfterError("(--help shows how it is used)");
addDemixCommand(program);
addEvaluateCommand(program);
addAggregateCommand(program);
addSlicqSearchCommand(program);
addTrainCommand(program);
addExportCommand(program);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof AbortError) {
    process.stderr.write("Interrupted; nothing was left half-written.\n");
    process.exitCode = INTERRUPTED;
  } else if (error instanceof XumxError) {
    process.stderr.write(`xumx-slicq: ${error.message}\n${error.hint ? `  ${error.hint}\n` : ""}`);
    process.exitCode = 1;
  } else {
    throw error;
  }
}
