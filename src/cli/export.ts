/** `xumx-slicq export`: trained weights in another form. */

import { type Command, Option } from "commander";
import { loadModel } from "../models/index.ts";
import type { AnyPhase } from "../phase/index.ts";
import { type ExportFormat, exportFormats, exportModel } from "../training/checkpoint/index.ts";
import { phaseOption } from "./phaseFlag.ts";
import { printPath } from "./terminal.ts";

interface ExportFlags {
  readonly format: ExportFormat;
  readonly output: string;
  readonly name?: string;
  readonly licence?: string;
  readonly phase?: AnyPhase;
}

/** Adds the command to the program. */
export function addExportCommand(program: Command): void {
  program
    .command("export")
    .description("write a model or a checkpoint as safetensors, as the original's .pth, or as ONNX")
    .argument("<model>", "a training's folder or checkpoint, a model's folder, file or name")
    .requiredOption("-o, --output <file>", "file to write")
    .addOption(
      new Option("--format <name>", "safetensors-f16 halves the file; pth writes a .json beside it")
        .choices(exportFormats)
        .default("safetensors"),
    )
    .option("--name <name>", "another name for the model")
    .option("--licence <text>", "terms of use of the weights")
    .addOption(phaseOption())
    .action(runExport);
}

async function runExport(path: string, flags: ExportFlags): Promise<void> {
  const { format, output, name, licence, phase } = flags;
  const written = await exportModel(await loadModel(path), {
    format,
    out: output,
    ...(name && { name }),
    ...(licence && { licence }),
    ...(phase && { phase }),
  });
  for (const file of written) printPath(file);
}
