/** All commands, wired together. Making them runs nothing. */
import { Command } from "commander";
import { print, say } from "./terminal.ts";

/** The commands in the order of the help. Each is loaded when it is needed, with all that it imports. */
const commands = {
  demix: async () => (await import("./demix.ts")).addDemixCommand,
  submit: async () => (await import("./submit.ts")).addSubmitCommand,
  worker: async () => (await import("./worker.ts")).addWorkerCommand,
  jobs: async () => (await import("./jobs.ts")).addJobsCommand,
  live: async () => (await import("./live.ts")).addLiveCommand,
  app: async () => (await import("./app.ts")).addAppCommand,
  models: async () => (await import("./models.ts")).addModelsCommand,
  doctor: async () => (await import("./doctor.ts")).addDoctorCommand,
  spectrogram: async () => (await import("./spectrogram.ts")).addSpectrogramCommand,
  evaluate: async () => (await import("./evaluate.ts")).addEvaluateCommand,
  aggregate: async () => (await import("./aggregate.ts")).addAggregateCommand,
  haaqi: async () => (await import("./haaqi.ts")).addHaaqiCommand,
  cadenza: async () => (await import("./cadenza.ts")).addCadenzaCommand,
  "slicq-search": async () => (await import("./slicqSearch.ts")).addSlicqSearchCommand,
  train: async () => (await import("./train.ts")).addTrainCommand,
  tune: async () => (await import("./tune.ts")).addTuneCommand,
  export: async () => (await import("./export.ts")).addExportCommand,
  completion: async () => (await import("./completion.ts")).addCompletionCommand,
} satisfies Record<string, () => Promise<(program: Command) => void>>;

type CommandName = keyof typeof commands;

const isCommand = (word: string | undefined): word is CommandName =>
  word !== undefined && Object.hasOwn(commands, word);

const allCommands = Object.keys(commands).filter(isCommand);

/**
 * The command line as a tree of commands.
 *
 * @param first the first word of the arguments: if it names a command, that one alone is loaded. Left out: all.
 */
export async function createProgram(first?: string): Promise<Command> {
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
  // Completion knows all commands.
  const wanted = isCommand(first) && first !== "completion" ? [first] : allCommands;
  for (const add of await Promise.all(wanted.map((name) => commands[name]()))) add(program);
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
  exists: (path: string) => boolean,
): readonly string[] {
  const [first] = args;
  if (first === undefined || isCommand(first) || first === "help") return args;
  if (["-h", "--help", "-V", "--version"].includes(first)) return args;
  // A lone word that is no file is a misspelt command rather than a song.
  const song = first.startsWith("-") || /[./\\*?]/.test(first) || exists(first);
  return song ? ["demix", ...args] : args;
}
