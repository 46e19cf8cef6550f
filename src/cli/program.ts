/** All commands, wired together. Making them runs nothing. */
import { Command } from "commander";
import { addAggregateCommand } from "./aggregate.ts";
import { addCadenzaCommand } from "./cadenza.ts";
import { addCompletionCommand } from "./completion.ts";
import { addDemixCommand } from "./demix.ts";
import { addDoctorCommand } from "./doctor.ts";
import { addEvaluateCommand } from "./evaluate.ts";
import { addExportCommand } from "./export.ts";
import { addHaaqiCommand } from "./haaqi.ts";
import { addLiveCommand } from "./live.ts";
import { addModelsCommand } from "./models.ts";
import { addSlicqSearchCommand } from "./slicqSearch.ts";
import { addSpectrogramCommand } from "./spectrogram.ts";
import { print, say } from "./terminal.ts";
import { addTrainCommand } from "./train.ts";

/** The command line as a tree of commands. */
export function createProgram(): Command {
  const program = new Command("xumx-slicq")
    .description("Music demixing on your own machine: a song in, its stems out.")
    .option(
      "-V, --version",
      "show the program's version, its default model and that model's licence",
    )
    .showHelpAfterError("(--help shows how it is used)")
    // Its messages repeat what was typed.
    .configureOutput({
      writeOut: print,
      writeErr: (text) => say(text.replace(/\n$/, "")),
      outputError: (text, write) => write(text),
    })
    .exitOverride();
  addDemixCommand(program);
  addLiveCommand(program);
  addModelsCommand(program);
  addDoctorCommand(program);
  addSpectrogramCommand(program);
  addEvaluateCommand(program);
  addAggregateCommand(program);
  addHaaqiCommand(program);
  addCadenzaCommand(program);
  addSlicqSearchCommand(program);
  addTrainCommand(program);
  addExportCommand(program);
  addCompletionCommand(program);
  return program;
}

/**
 * The arguments with the command `demix` before them if they name no command but begin with a song or an option.
 *
 * @param args what follows the program's name
 * @param exists whether a file or folder of that name is there
 */
export function withCommand(
  args: readonly string[],
  program: Command,
  exists: (path: string) => boolean,
): readonly string[] {
  const [first] = args;
  const commands = program.commands.flatMap((command) => [command.name(), ...command.aliases()]);
  if (first === undefined || [...commands, "help"].includes(first)) return args;
  if (["-h", "--help", "-V", "--version"].includes(first)) return args;
  // A lone word that is no file is a misspelt command rather than a song.
  const song = first.startsWith("-") || /[./\\*?]/.test(first) || exists(first);
  return song ? ["demix", ...args] : args;
}
