/** `xumx-slicq models`: which models there are; fetching, finding, checking and removing them. */
import type { Command } from "commander";
import { ArgumentError, WeightsError } from "../errors.ts";
import {
  downloadModel,
  type FindModelOptions,
  fetchOriginal,
  isOffline,
  type ListedModel,
  listModels,
  type ModelConfig,
  modelCache,
  originalModels,
  publishedModels,
  removeCached,
  removeOriginal,
  type Verdict,
  verifyModel,
} from "../models/index.ts";
import { familyOf } from "../networks/index.ts";
import { abortOnSignals } from "./abort.ts";
import { DownloadDisplay, shownSize } from "./downloadDisplay.ts";
import { FAILED } from "./exitCodes.ts";
import { escaped, print, printJson, printPath } from "./terminal.ts";

const environment = `
Environment:
  XUMX_SLICQ_CACHE       folder for fetched models, instead of the platform's for caches
  XUMX_SLICQ_OFFLINE     anything but 0: fetch nothing, ever
  XUMX_SLICQ_MODEL_HOST  address of a mirror; the paths below it are those at the publisher's
  HTTPS_PROXY, HTTP_PROXY, NO_PROXY
`;

/** Adds the command and its sub-commands to the program; with other models and places than the usual, in tests. */
export function addModelsCommand(program: Command, options: FindModelOptions = {}): void {
  const models = program
    .command("models")
    .description("list, fetch, check and remove models")
    .addHelpText("after", environment);
  models
    .command("list", { isDefault: true })
    .description("show all models that have names, and where they are")
    .option("--json", "as JSON")
    .action((flags) => list(flags, options));
  models
    .command("pull")
    .description("fetch published models, so that they are there when they are needed")
    .argument("<name...>")
    .action((names) => pull(names, options));
  models
    .command("path")
    .description("print where a model's weights lie; fetches nothing")
    .argument("<name>")
    .action((name) => showPath(name, options));
  models
    .command("verify")
    .description("check the files of models that are on this machine, all of them by default")
    .argument("[name...]")
    .option("--json", "as JSON")
    .action((names, flags) => verify(names, flags, options));
  models
    .command("remove")
    .description("delete fetched models")
    .argument("[name...]")
    .option("--all", "all that were fetched")
    .action((names, flags) => remove(names, flags, options));
}

interface JsonFlag {
  readonly json?: true;
}

async function list({ json }: JsonFlag, options: FindModelOptions): Promise<void> {
  const models = await listModels(options);
  if (json) printJson(models.map(jsonOf), 2);
  else print(modelTable(models, options.cache));
}

/** A model's entry for programs. */
function jsonOf({ name, isDefault, place, path, size, config }: ListedModel) {
  return {
    name,
    default: isDefault,
    variant: config && variantOf(config),
    size,
    place,
    path: place === "remote" ? null : path,
    licence: config?.licence ?? null,
    trainedOn: config?.training?.data ?? null,
    scale: config && "scale" in config ? config.scale : null,
    training: config?.training ?? null,
  };
}

function variantOf(config: ModelConfig): string {
  return familyOf(config.family).variant(config);
}

const places = { bundled: "bundled", cached: "fetched", remote: "not here" } as const;

/** The models as a table for people. */
export function modelTable(models: readonly ListedModel[], cache = modelCache()): string {
  const rows = models.map(({ name, isDefault, place, size, config }) =>
    [
      `${isDefault ? "*" : " "} ${name}`,
      config ? variantOf(config) : "unreadable",
      shownSize(size).padStart(7),
      places[place],
      config?.licence ?? "terms unknown",
    ].map(escaped),
  );
  const table = [["  name", "variant", "   size", "where", "terms of use"], ...rows];
  const widths = table[0].map((_, c) => Math.max(...table.map((row) => row[c].length)));
  const lines = table.map((row) => row.map((cell, c) => cell.padEnd(widths[c])).join("  "));
  return (
    `${lines.map((line) => line.trimEnd()).join("\n")}\n\n` +
    "* is used when none is named. What is not here is fetched when it is first used, or by `models pull`.\n" +
    `Fetched models lie in ${cache}.\n`
  );
}

async function pull(names: readonly string[], options: FindModelOptions): Promise<void> {
  const signal = abortOnSignals();
  const listed = await listModels(options);
  // All names are looked up before anything is fetched.
  const wanted = names.map((name) => listedModel(listed, name));
  const display = new DownloadDisplay();
  try {
    for (const { name, place, path } of wanted) {
      const model = publishedOf(options).find((published) => published.name === name);
      const original = originalsOf(options).find((published) => published.name === name);
      if (place === "remote") {
        if (isOffline()) {
          throw new WeightsError(
            "offline",
            `${name} cannot be fetched: XUMX_SLICQ_OFFLINE is set.`,
            "Unset it for this command.",
          );
        }
        const told = { ...options, signal, onProgress: display.show };
        if (model) await downloadModel(model, told);
        if (original) await fetchOriginal(original, told);
      }
      printPath(path);
    }
  } finally {
    display.clear();
  }
}

async function showPath(name: string, options: FindModelOptions): Promise<void> {
  const { place, path } = listedModel(await listModels(options), name);
  if (place === "remote") {
    throw new WeightsError(
      "weights-missing",
      `${name} is not on this machine.`,
      `Fetch it: xumx-slicq models pull ${name}`,
    );
  }
  printPath(path);
}

async function verify(
  names: readonly string[],
  { json }: JsonFlag,
  options: FindModelOptions,
): Promise<void> {
  const listed = await listModels(options);
  const wanted = names.length > 0 ? names.map((name) => listedModel(listed, name)) : listed;
  const results: { model: ListedModel; verdict: Verdict }[] = [];
  for (const model of wanted) {
    const verdict = await verifyModel(model, options);
    // What was never fetched is worth a word only if it was asked for.
    if (verdict.kind === "absent" && names.length === 0) continue;
    results.push({ model, verdict });
    if (!json) print(`${verdictLine(model, verdict)}\n`);
  }
  if (json) {
    printJson(
      results.map(({ model, verdict }) => ({
        ...{ name: model.name, path: model.path, verdict: verdict.kind },
        reason: verdict.kind === "bad" ? verdict.reason : null,
      })),
      2,
    );
  }
  if (results.some(({ verdict }) => verdict.kind !== "good")) process.exitCode = FAILED;
}

/** What came of a check, and how to repair what is bad. */
export function verdictLine({ name, place, path }: ListedModel, verdict: Verdict): string {
  if (verdict.kind === "absent") return `${name}: not on this machine (models pull ${name})`;
  if (verdict.kind === "good") {
    const checked = verdict.by === "checksum" ? "checksum right" : "readable; no checksum known";
    return `${name}: good (${checked})`;
  }
  const repair =
    place === "bundled"
      ? "install this package again"
      : `xumx-slicq models remove ${name} && xumx-slicq models pull ${name}`;
  return `${name}: BAD, ${verdict.reason}\n  ${path}\n  repair: ${repair}`;
}

async function remove(
  names: readonly string[],
  { all }: { readonly all?: true },
  options: FindModelOptions,
): Promise<void> {
  if (names.length > 0 === (all === true)) {
    throw new ArgumentError(
      "Name the models to remove, or say --all.",
      "xumx-slicq models list shows them.",
    );
  }
  const listed = await listModels(options);
  const bundled = listed.filter(({ place }) => place === "bundled").map(({ name }) => name);
  for (const name of names) {
    listedModel(listed, name);
    if (bundled.includes(name)) {
      throw new ArgumentError(`${name} is part of the package and stays with it.`);
    }
  }
  const isWanted = ({ name }: { readonly name: string }) => all || names.includes(name);
  const tell = (name: string, removed: boolean) => {
    if (removed) print(`${name}: removed\n`);
    else if (!all) print(`${name}: was not here\n`);
  };
  for (const model of publishedOf(options).filter(isWanted)) {
    tell(model.name, await removeCached(model, options.cache));
  }
  for (const model of originalsOf(options).filter(isWanted)) {
    tell(model.name, await removeOriginal(model, options.cache));
  }
}

function originalsOf({ originals = originalModels }: FindModelOptions) {
  return originals;
}

function publishedOf({ published = publishedModels }: FindModelOptions) {
  return published;
}

function listedModel(listed: readonly ListedModel[], name: string): ListedModel {
  const found = listed.find((model) => model.name === name);
  if (found) return found;
  throw new WeightsError(
    "weights-missing",
    `There is no model ${JSON.stringify(name)}.`,
    `There are: ${listed.map((model) => model.name).join(", ")}.`,
  );
}
