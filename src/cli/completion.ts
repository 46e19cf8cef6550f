/** `xumx-slicq completion`: scripts that teach shells the program's commands and options. */
import { Argument, type Command, type Option } from "commander";
import { print } from "./terminal.ts";

const shells = ["bash", "zsh", "fish", "powershell"] as const;

type Shell = (typeof shells)[number];

/** Adds the command to the program. */
export function addCompletionCommand(program: Command): void {
  const lines = `
To use it:
  bash         xumx-slicq completion bash > ~/.local/share/bash-completion/completions/xumx-slicq
  zsh          xumx-slicq completion zsh > "\${fpath[1]}/_xumx-slicq"
  fish         xumx-slicq completion fish > ~/.config/fish/completions/xumx-slicq.fish
  powershell   xumx-slicq completion powershell >> $PROFILE
`;
  program
    .command("completion")
    .description("print a script that completes commands and options in a shell")
    .addArgument(new Argument("<shell>", "for which").choices(shells))
    .addHelpText("after", lines)
    .action((shell: Shell) => {
      print(completionScript(program, shell));
    });
}

/** A command as shells need it. */
interface Entry {
  /** Words after the program's name: "", "demix", "models pull". */
  readonly path: string;
  readonly description: string;
  readonly options: readonly Option[];
  readonly commands: readonly Command[];
  /** Values that the first argument may have. */
  readonly choices: readonly string[];
}

/** The script for a shell. */
export function completionScript(program: Command, shell: Shell): string {
  const all = entries(program, "");
  return { bash, zsh, fish, powershell }[shell](program.name(), all);
}

function entries(command: Command, path: string): readonly Entry[] {
  const help = command.createHelp();
  const commands = command.commands.filter((inner) => inner.name() !== "help");
  const own: Entry = {
    path,
    description: command.description(),
    options: help.visibleOptions(command),
    commands,
    choices: command.registeredArguments[0]?.argChoices ?? [],
  };
  return [own, ...commands.flatMap((inner) => entries(inner, `${path} ${inner.name()}`.trim()))];
}

function flagsOf({ short, long }: Option): readonly string[] {
  return [short, long].filter((flag) => flag !== undefined);
}

/** Whether a value follows the option. */
function takesValue(option: Option): boolean {
  return option.required || option.optional;
}

function words({ options, commands, choices }: Entry): string {
  const names = [...commands.map((command) => command.name()), ...choices];
  return [...names, ...options.flatMap(flagsOf)].join(" ");
}

/** The function's name: letters and underscores. */
function identifier(program: string): string {
  return program.replace(/\W/g, "_");
}

function bash(program: string, all: readonly Entry[]): string {
  const name = `_${identifier(program)}`;
  const values = all.flatMap(({ path, options }) =>
    options.filter(takesValue).map((option) => {
      const patterns = flagsOf(option).map((flag) => `"${path}|${flag}"`);
      const action = option.argChoices
        ? `COMPREPLY=($(compgen -W "${option.argChoices.join(" ")}" -- "$current"))`
        : `IFS=$'\\n'; COMPREPLY=($(compgen -f -- "$current"))`;
      return `    ${patterns.join("|")}) ${action}; return ;;`;
    }),
  );
  const lists = all.map((entry) => `    "${entry.path}") words="${words(entry)}" ;;`);
  const paths = all.filter(({ path }) => path !== "").map(({ path }) => `"${path}"`);
  return `# bash completion for ${program}
${name}() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"
  local path="" words="" word i IFS=$' \\t\\n'
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${path:+$path }\${COMP_WORDS[i]}"
    case "$word" in
      ${paths.join("|")}) path="$word" ;;
    esac
  done
  case "$path|$previous" in
${values.join("\n")}
  esac
  case "$path" in
${lists.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  IFS=$'\\n'
  COMPREPLY+=($(compgen -f -- "$current"))
}
complete -o filenames -F ${name} ${program}
`;
}

function zsh(program: string, all: readonly Entry[]): string {
  const name = `_${identifier(program)}`;
  const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
  const plain = (text: string) => text.replace(/[[\]:\\]/g, "\\$&");
  const argument = (option: Option) => {
    const value = takesValue(option)
      ? `:value:${option.argChoices ? `(${option.argChoices.join(" ")})` : "_files"}`
      : "";
    return flagsOf(option).map((flag) => quoted(`${flag}[${plain(option.description)}]${value}`));
  };
  const functions = all.map((entry) => {
    const own = `${name}${entry.path && `_${identifier(entry.path)}`}`;
    const options = entry.options.flatMap(argument).join(" \\\n    ");
    if (entry.commands.length === 0) {
      const rest = entry.choices.length > 0 ? `(${entry.choices.join(" ")})` : "_files";
      return `${own}() {\n  _arguments -S \\\n    ${options} \\\n    ${quoted(`*:argument:${rest}`)}\n}`;
    }
    const list = entry.commands.map((command) =>
      quoted(`${command.name()}:${plain(command.description())}`),
    );
    const cases = entry.commands.map(
      (command) => `        ${command.name()}) ${own}_${identifier(command.name())} ;;`,
    );
    return `${own}() {
  local context state line
  local -a commands=(
    ${list.join("\n    ")}
  )
  _arguments -C \\
    ${options} \\
    '1: :->command' '*:: :->rest'
  case $state in
    command) _describe command commands; _files ;;
    rest)
      case $line[1] in
${cases.join("\n")}
        *) _files ;;
      esac ;;
  esac
}`;
  });
  return `#compdef ${program}\n# zsh completion for ${program}\n${functions.join("\n")}\n${name} "$@"\n`;
}

function fish(program: string, all: readonly Entry[]): string {
  const quoted = (text: string) => `'${text.replace(/['\\]/g, "\\$&")}'`;
  const lines = all.flatMap(({ path, options, commands, choices }) => {
    const parts = path.split(" ").filter((part) => part !== "");
    const names = commands.map((command) => command.name()).join(" ");
    const inside = parts.map((part) => `__fish_seen_subcommand_from ${part}`);
    const outside = names === "" ? [] : [`not __fish_seen_subcommand_from ${names}`];
    const condition = [...inside, ...outside].join("; and ");
    const start = `complete -c ${program}${condition === "" ? "" : ` -n ${quoted(condition)}`}`;
    return [
      ...commands.map(
        (command) => `${start} -a ${quoted(command.name())} -d ${quoted(command.description())}`,
      ),
      ...choices.map((choice) => `${start} -a ${quoted(choice)}`),
      ...options.map((option) => {
        const short = option.short ? ` -s ${option.short.slice(1)}` : "";
        const long = option.long ? ` -l ${option.long.slice(2)}` : "";
        const value = !takesValue(option)
          ? ""
          : option.argChoices
            ? ` -x -a ${quoted(option.argChoices.join(" "))}`
            : " -r";
        return `${start}${short}${long}${value} -d ${quoted(option.description)}`;
      }),
    ];
  });
  return `# fish completion for ${program}\n${lines.join("\n")}\n`;
}

function powershell(program: string, all: readonly Entry[]): string {
  const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;
  const list = (texts: readonly string[]) => `@(${texts.map(quoted).join(", ")})`;
  const lists = all.map((entry) => `    ${quoted(entry.path)} = ${list(words(entry).split(" "))}`);
  const values = all.flatMap(({ path, options }) =>
    options.flatMap(({ argChoices, ...option }) =>
      argChoices
        ? [option.short, option.long]
            .filter((flag) => flag !== undefined)
            .map((flag) => `    ${quoted(`${path}|${flag}`)} = ${list(argChoices)}`)
        : [],
    ),
  );
  return `# PowerShell completion for ${program}
Register-ArgumentCompleter -Native -CommandName ${quoted(program)} -ScriptBlock {
  param($word, $ast, $position)
  $words = @{
${lists.join("\n")}
  }
  $values = @{
${values.join("\n")}
  }
  $path = ''
  $previous = ''
  foreach ($element in $ast.CommandElements | Select-Object -Skip 1) {
    if ($element.Extent.EndOffset -ge $position) { break }
    $previous = $element.ToString()
    $longer = "$path $previous".Trim()
    if ($words.ContainsKey($longer)) { $path = $longer }
  }
  $found = $values["$path|$previous"]
  if (-not $found) { $found = $words[$path] }
  $found | Where-Object { $_ -like "$word*" } | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
  }
}
`;
}
