/** Outputs as files below a folder. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { Unfinished } from "../files/index.ts";
import type { OutputSet, Store } from "../stems/index.ts";
import { StagedFiles } from "./stagedFiles.ts";

/**
 * A folder as a {@link Store}; missing folders are made. The files of a song get their names together, when all are
 * whole. What a key leads to is replaced; of a link its end, but never one that lies outside of the folder.
 */
export class FolderStore implements Store {
  readonly seekable = true;
  readonly folder?: string;
  /** What killed programs left to be moved here, as it was when it was first asked for since the last outputs. */
  #unfinished = new Unfinished();

  /** @param folder left out, keys are paths. */
  constructor(folder?: string) {
    if (folder !== undefined) this.folder = folder;
  }

  locate(key: string): string {
    return this.folder === undefined ? key : join(this.folder, key);
  }

  async has(key: string): Promise<boolean> {
    const path = this.locate(key);
    const stats = await stat(path).catch(() => undefined);
    return stats?.isFile() === true && stats.size > 0 && !(await this.#unfinished.has(path));
  }

  begin(): OutputSet {
    const files = new StagedFiles(this.folder);
    this.#unfinished = new Unfinished();
    return {
      create: (key) => files.output(this.locate(key)),
      scratch: (key) => files.scratch(this.locate(key)),
      commit: () => files.commit(),
      abort: () => files.abort(),
      [Symbol.asyncDispose]: () => files.abort(),
    };
  }
}
