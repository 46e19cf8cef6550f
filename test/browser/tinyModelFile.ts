/** A small model for pages, which is computed in no time. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { configMetadata } from "../../src/models/index.ts";
import { writeSafetensors } from "../../src/tensors/index.ts";
import { tinyModel } from "../../src/testing/tinyModel.ts";

/** Writes it into a new folder of a project. @returns the folder; a site that serves it as /tiny/ has /tiny/model.safetensors */
export function tinyModelFolder(project: string): string {
  const folder = join(project, "tiny");
  mkdirSync(folder);
  writeFileSync(join(folder, "model.safetensors"), tinyModelBytes());
  return folder;
}

/** Its file. */
export function tinyModelBytes(): Uint8Array {
  const { state, config } = tinyModel();
  return writeSafetensors(state, { metadata: configMetadata(config) });
}
