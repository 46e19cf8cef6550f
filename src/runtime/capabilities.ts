/** An honest report of what this machine offers: what loads, in which version, and why not. */
import { XumxError } from "../errors.ts";
import { hasSharedMemory, type Importer, isNode, loadRuntime } from "./load.ts";

/** Whether a runtime loads here. */
export type Availability =
  | { readonly available: true; readonly version: string }
  | { readonly available: false; readonly reason: string; readonly hint: string | undefined };

/** What there is to run models with. */
export interface Capabilities {
  readonly native: Availability;
  readonly wasm: Availability;
  /** Threads the machine runs side by side. */
  readonly threads: number;
  /** Whether WASM may use more than one thread. */
  readonly sharedMemory: boolean;
  /** Such as "node 20.20.2, linux x64", or the browser's own description. */
  readonly platform: string;
}

/** Tries both runtimes and looks at the machine. Never throws for what is missing. */
export async function capabilities(importer?: Importer): Promise<Capabilities> {
  return {
    native: await tryRuntime("native", importer),
    wasm: await tryRuntime("wasm", importer),
    threads: globalThis.navigator?.hardwareConcurrency ?? (await nodeThreads()),
    sharedMemory: hasSharedMemory(),
    platform: isNode()
      ? `node ${process.versions.node}, ${process.platform} ${process.arch}`
      : globalThis.navigator.userAgent,
  };
}

async function tryRuntime(name: "native" | "wasm", importer?: Importer): Promise<Availability> {
  try {
    const { version } = await loadRuntime(name, importer);
    return { available: true, version };
  } catch (error) {
    if (!(error instanceof XumxError)) throw error;
    return { available: false, reason: error.message, hint: error.hint };
  }
}

/** Node 20 has no `navigator`. */
async function nodeThreads(): Promise<number> {
  const { availableParallelism } = await import("node:os");
  return availableParallelism();
}
