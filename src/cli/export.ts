/** `xumx-slicq export`: trained weights in another form. */

import { type Command, Option } from "commander";
import { loadModel, type Model } from "../models/index.ts";
import type { AnyPhase } from "../phase/index.ts";
import {
  averageModels,
  type ExportFormat,
  exportFormats,
  exportModel,
} from "../training/checkpoint/index.ts";
import { phaseOption } from "./phaseFlag.ts";
import { printPath } from "./terminal.ts";
import { numbers } from "./values.ts";

interface ExportFlags {
  readonly format: ExportFormat;
  readonly output: string;
  readonly name?: string;
  readonly licence?: string;
  readonly phase?: AnyPhase;
  readonly gate?: boolean;
  readonly shares?: readonly number[];
}

/** Adds the command to the program. */
export function addExportCommand(program: Command): void {
  program
    .command("export")
    .description("write a model or a checkpoint as safetensors, as the original's .pth, or as ONNX")
    .argument(
      "<models...>",
      "a training's folder or checkpoint, a model's folder, file or name; of several, the mean of their weights",
    )
    .requiredOption("-o, --output <file>", "file to write")
    .addOption(
      new Option("--format <name>", "safetensors-f16 halves the file; pth writes a .json beside it")
        .choices(exportFormats)
        .default("safetensors"),
    )
    .option("--name <name>", "another name for the model")
    .option("--licence <text>", "terms of use of the weights")
    .addOption(phaseOption())
    .option("--gate", "silence stems where they do not play, unless it is asked for otherwise")
    .option("--no-gate", "leave stems as the network gives them")
    .option(
      "--shares <numbers>",
      "of several models, how much each counts, e.g. 0.7,0.3",
      numbers(0),
    )
    .action(runExport);
}

async function runExport(paths: readonly string[], flags: ExportFlags): Promise<void> {
  const { format, output, name, licence, phase, gate, shares } = flags;
  const models: Model[] = [];
  for (const path of paths) models.push(await loadModel(path));
  const written = await exportModel(averageModels(models, shares), {
    format,
    out: output,
    ...(name && { name }),
    ...(licence && { licence }),
    ...(phase && { phase }),
    ...(gate !== undefined && { gate }),
  });
  for (const file of written) printPath(file);
}
