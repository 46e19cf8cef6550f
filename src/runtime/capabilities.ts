/** An honest report of what this machine offers: what loads, in which version, and why not. */
import { XumxError } from "../errors.ts";
import type { Device } from "./device.ts";
import { hasSharedMemory, type Importer, isNode, loadRuntime } from "./load.ts";

/** Whether a runtime loads here. */
export type Availability =
  | { readonly available: true; readonly version: string }
  | { readonly available: false; readonly reason: string; readonly hint: string | undefined };

/** What there is to run models with. */
export interface Capabilities {
  readonly native: Availability;
  readonly wasm: Availability;
  /** Devices that the better one of them was built for. Whether the machine has them, only a session shows. */
  readonly devices: readonly Device[];
  /** Threads the machine runs side by side. */
  readonly threads: number;
  /** Whether WASM may use more than one thread. */
  readonly sharedMemory: boolean;
  /** Such as "node 20.20.2, linux x64", or the browser's own description. */
  readonly platform: string;
}

/** Tries both runtimes and looks at the machine. Never throws for what is missing. */
export async function capabilities(importer?: Importer): Promise<Capabilities> {
  const [native, wasm] = [await tryRuntime("native", importer), await tryRuntime("wasm", importer)];
  const best = native.available || wasm.available ? await loadRuntime("auto", importer) : undefined;
  return {
    native,
    wasm,
    devices: best?.devices ?? [],
    threads: machineThreads(),
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

/** Threads the machine runs side by side, as far as this program may use them. */
export function machineThreads(): number {
  // Without an import, bundlers for browsers do not look for what they lack.
  if (isNode()) return process.getBuiltinModule("node:os").availableParallelism();
  return globalThis.navigator.hardwareConcurrency;
}
