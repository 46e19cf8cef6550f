/**
 * Writes docs/cli.md from the commands themselves, as they are built in dist/:
 *
 *     node scripts/cliDocs.mjs          writes the file
 *     node scripts/cliDocs.mjs --check  fails if it is not up to date
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { exitCodes } from "../dist/cli/exitCodes.js";
import { JSON_SCHEMA, jsonEvents } from "../dist/cli/jsonEvents.js";
import { createProgram } from "../dist/cli/program.js";
import { defaultTemplate, placeholders } from "../dist/demix/index.js";

const file = fileURLToPath(new URL("../docs/cli.md", import.meta.url));

/** Defaults that differ from machine to machine, where the option does not describe them itself. */
const local = ["--threads", "--cache", "--nb-workers"];

function cell(text) {
  return text.replaceAll("|", "\\|").replaceAll("<", "&lt;").replaceAll("\n", " ");
}

function code(text) {
  return `\`${text.replaceAll("|", "\\|")}\``;
}

function table(head, rows) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(head), `|${head.map(() => ":--").join("|")}|`, ...rows.map(line)].join("\n");
}

/** What an option does, with its values and its default. */
function meaning(option) {
  const parts = [cell(option.description)];
  if (option.argChoices) parts.push(`one of ${option.argChoices.map(code).join(", ")}`);
  if (option.defaultValueDescription) parts.push(`default: ${option.defaultValueDescription}`);
  else if (local.includes(option.long)) parts.push("default: what suits the machine");
  else if (option.defaultValue !== undefined && typeof option.defaultValue !== "boolean") {
    parts.push(`default: ${code([option.defaultValue].flat().join(" "))}`);
  }
  if (option.mandatory) parts.push("required");
  return parts.join("; ");
}

function options(command, help) {
  const groups = new Map();
  for (const option of help.visibleOptions(command)) {
    if (option.long === "--help") continue;
    const heading = option.helpGroupHeading ?? "";
    groups.set(heading, [...(groups.get(heading) ?? []), option]);
  }
  return [...groups].flatMap(([heading, group]) => [
    ...(heading === "" ? [] : [`**${heading.replace(/:$/, "")}**`]),
    table(
      ["option", ""],
      group.map((option) => [code(option.flags), meaning(option)]),
    ),
  ]);
}

/** Text after a command's help: examples and notes. */
function notes(command) {
  let text = "";
  command.emit("afterHelp", { error: false, command, write: (part) => (text += part) });
  return text.trim() === "" ? [] : ["```text", text.trim(), "```"];
}

function section(command, path, level) {
  const help = command.createHelp();
  const name = `${path} ${command.name()}`;
  const usage = help.commandUsage(command).replace(/^.*?(?=\[options\]|\[command\]|<|$)/, "");
  const inner = command.commands.filter((one) => one.name() !== "help");
  return [
    `${"#".repeat(level)} ${name}`,
    `${cell(command.description()).replace(/^./, (letter) => letter.toUpperCase())}.`,
    ["```sh", `${name} ${usage}`.trim(), "```"].join("\n"),
    ...help.visibleArguments(command).map((argument) => {
      const choices = argument.argChoices ? ` (${argument.argChoices.join(", ")})` : "";
      return `- ${code(argument.name())}: ${cell(argument.description)}${choices}`;
    }),
    ...options(command, help),
    ...(notes(command).length > 0 ? [notes(command).join("\n")] : []),
    ...inner.flatMap((one) => section(one, name, level + 1)),
  ];
}

const program = await createProgram();
const events = Object.entries(jsonEvents).flatMap(([event, { when, fields }]) => [
  `**${code(event)}**: ${when}.`,
  table(
    ["field", ""],
    Object.entries(fields).map(([name, text]) => [code(name), cell(text)]),
  ),
]);

const text = [
  "# The command line",
  "Made from the commands themselves by `npm run docs:cli`; do not edit.",
  ...program.commands
    .filter((command) => command.name() !== "help")
    .flatMap((command) => section(command, "xumx-slicq", 2)),
  "## Names of outputs",
  `Outputs lie below the folder \`--output\`, by the pattern \`--filename\`, by default ${code(defaultTemplate)}. Without \`{ext}\`, the ending is appended. Characters that some platform does not allow in names become \`_\`, reserved names get one in front, and names that are too long are cut and get a hash; nothing leads out of the folder.`,
  table(
    ["placeholder", ""],
    Object.entries(placeholders).map(([name, text]) => [code(`{${name}}`), cell(text)]),
  ),
  "## What can be relied on",
  [
    "- Every output has the song's sample rate, channels (more than two are mixed down to stereo) and length, exactly to the sample, as far as MP3 and Opus know such things; `--start` and `--duration` cut exactly too. Three seconds around a part are separated with it: with mix phase its stems are those of the whole song; Wiener-EM counts its windows from the beginning of what is separated.",
    "- MP3 begins and ends where the sound that was encoded did, if the encoder's tag tells its gaps (LAME's Info tag, in frames with a checksum too, or iTunes' comment): as mpg123 and ffmpeg cut them, to the sample. Where these two differ, LAME's fields are believed whatever encoder they name (as mpg123 does), a tag without them cuts nothing, and Fraunhofer's tag is no sound (as ffmpeg). Of files that were joined each part's gaps are cut, which neither does. Without a tag nothing is cut.",
    "- What lies before, between and after the sound without being sound (tags, junk), a cut end, and sizes that cannot be true are told, and what is there is separated; a hole within the sound is an error that names the place, unless `--damaged` puts silence there. `--strict` refuses all of these but tags.",
    "- Files appear under their names only when all files of a song are whole, and then replace what was there: a killed run leaves complete songs and hidden folders (`.xumx-….part`), which the next run into the same place removes. So `--skip-existing` can trust names; it does not look at the settings that the files were made with.",
    "- Where a link stands at an output's place, the file that it leads to is replaced and the link stays; a link to nothing is replaced itself. One that leads out of the output folder is never followed, nor is a folder in it that is such a link: the song fails, and the message names both ends. The output folder itself may be a link.",
    "- With `--two-stems` the rest is the song minus the stem, with `--residual` the song minus the sum of all four stems, both at the song's own rate, rounded once. `--sum-to-mix` shares the residual out among the stems, to each in proportion to its power at the time; in float32 their sum is then the song but for one rounding.",
    "- `--clip-mode rescale` multiplies all outputs of a song by one gain, so that the loudest sample just fits and the outputs still sum to the (quieter) song. It is said when that happens. Samples lie in a temporary file beside the outputs meanwhile. Samples that are not numbers are never written.",
    "- A song that would be overwritten, or two outputs under one name (also where a file system does not tell case or ways of writing a letter apart), are refused before any work starts.",
    "- Several songs: what fails is told and does not stop the others. `--jobs` separates songs side by side, with their shares of `--threads`; each takes memory of its own.",
    "- `-` reads a song from stdin (kept in a temporary file while it is worked on); `--output -` writes one stem to stdout, and nothing else.",
  ].join("\n"),
  "## Exit codes",
  table(
    ["code", ""],
    exitCodes.map(([number, meaning]) => [code(String(number)), cell(meaning)]),
  ),
  "## The JSON of `demix --json`",
  `One object a line on stdout; \`event\` tells which. New fields and events may come; the \`schema\` (${JSON_SCHEMA}) changes when one changes its meaning or goes.`,
  ...events,
].join("\n\n");

const made = `${text}\n`;
if (process.argv.includes("--check")) {
  if (readFileSync(file, "utf8") !== made) {
    console.error("docs/cli.md is not up to date: run npm run docs:cli");
    process.exitCode = 1;
  }
} else {
  writeFileSync(file, made);
}
