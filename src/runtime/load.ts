/** Finds a tensor runtime: native ONNX Runtime where it is installed and loads, else WebAssembly. */
import { RuntimeError } from "../errors.ts";
import { checkDevice, chosenDevice, type Device, devices } from "./device.ts";
import { installLine } from "./nativePackage.ts";
import { checkThreads, createOnnxSession, type OnnxRuntime } from "./onnxRuntime.ts";
import type { Runtime, RuntimePreference } from "./runtime.ts";

/** Packages that hold a runtime. The native one is an optional dependency and may be missing. */
export type RuntimePackage = "onnxruntime-node" | "onnxruntime-web";

/** Imports a package; replaced in tests, and by programs that carry the packages elsewhere. */
export type Importer = (name: RuntimePackage) => Promise<unknown>;

/**
 * Loads a runtime.
 *
 * "auto" takes the native one, or else WASM, with a notice where the native one could have been had.
 *
 * @throws RuntimeError "runtime-unavailable" when the one asked for, or none, can be loaded
 */
export async function loadRuntime(
  preference: RuntimePreference = "auto",
  importer: Importer = importPackage,
): Promise<Runtime> {
  if (preference === "wasm") return loadWasm(importer);
  if (preference === "native") return loadNative(importer);
  try {
    return await loadNative(importer);
  } catch (cause) {
    if (!(cause instanceof RuntimeError)) throw cause;
    const runtime = await loadWasm(importer);
    if (!isNode()) return runtime;
    const notice =
      `${cause.message} Using WebAssembly, at about a quarter of the speed. ` +
      `For full speed type: ${installLine}`;
    return { ...runtime, notice };
  }
}

async function loadNative(importer: Importer): Promise<Runtime> {
  if (!isNode()) {
    throw new RuntimeError(
      "runtime-unavailable",
      "There is no native runtime in a browser.",
      'Ask for "auto" or "wasm".',
    );
  }
  // ONNX Runtime reports its use to its maker unless this is set before it is loaded. Nothing leaves the machine here.
  // (In a worker this reaches the library only if the worker shares the environment.)
  process.env.ORT_DISABLE_TELEMETRY = "1";
  const runtime = await importRuntime("onnxruntime-node", importer, `Type: ${installLine}`);
  const offered = offeredDevices(runtime);
  return {
    name: "native",
    version: runtime.env.versions.node ?? runtime.env.versions.common,
    devices: offered,
    async createSession(model, options) {
      checkThreads(options.threads);
      const device = chosenDevice(options.device);
      checkDevice(device, "onnxruntime-node on this platform", offered);
      return createOnnxSession(runtime, model, options, {
        inPlace: true,
        threads: options.threads,
        device,
      });
    },
  };
}

async function loadWasm(importer: Importer): Promise<Runtime> {
  const hint = isNode()
    ? "Install this package's dependencies again: npm install"
    : "Open a separator by openSeparator: its workers bring the runtime.";
  const runtime = await importRuntime("onnxruntime-web", importer, hint);
  const { wasm } = runtime.env;
  const offered = offeredDevices(runtime);
  return {
    name: "wasm",
    version: runtime.env.versions.web ?? runtime.env.versions.common,
    devices: offered,
    async createSession(model, options) {
      checkThreads(options.threads);
      const device = chosenDevice(options.device);
      checkDevice(device, "onnxruntime-web", offered);
      // Read once, when the first session starts WebAssembly, then fixed for the life of the program.
      const started = startedThreads.get(runtime.env);
      const threads = started ?? (hasSharedMemory() ? options.threads : 1);
      wasm.numThreads = threads;
      wasm.proxy = false;
      startedThreads.set(runtime.env, threads);
      return createOnnxSession(runtime, model, options, { inPlace: false, threads, device });
    },
  };
}

/** The devices among the backends that a runtime was built with. */
function offeredDevices(runtime: OnnxRuntime): readonly Device[] {
  const names = runtime.listSupportedBackends?.().map(({ name }) => name) ?? [];
  return devices.filter((device) => device === "cpu" || names.includes(device));
}

/** Threads with which each WASM runtime was started. */
const startedThreads = new WeakMap<object, number>();

async function importRuntime(
  name: RuntimePackage,
  importer: Importer,
  hint: string,
): Promise<OnnxRuntime> {
  let imported: unknown;
  try {
    imported = await importer(name);
  } catch (cause) {
    const reason = isMissing(cause)
      ? `${name} is not installed.`
      : `${name} does not load: ${firstLine(cause)}`;
    throw new RuntimeError("runtime-unavailable", reason, hint, { cause });
  }
  // The native package is CommonJS: its members may lie under `default` only.
  for (const candidate of [imported, defaultOf(imported)]) {
    if (isOnnxRuntime(candidate)) return candidate;
  }
  throw new RuntimeError("runtime-unavailable", `${name} is not an ONNX Runtime we know.`, hint);
}

function isOnnxRuntime(module: unknown): module is OnnxRuntime {
  return (
    typeof module === "object" &&
    module !== null &&
    "InferenceSession" in module &&
    "Tensor" in module &&
    "env" in module
  );
}

function defaultOf(module: unknown): unknown {
  return typeof module === "object" && module !== null && "default" in module
    ? module.default
    : undefined;
}

function isMissing(cause: unknown): boolean {
  return (
    cause instanceof Error &&
    "code" in cause &&
    (cause.code === "ERR_MODULE_NOT_FOUND" || cause.code === "MODULE_NOT_FOUND")
  );
}

function firstLine(cause: unknown): string {
  return String(cause instanceof Error ? cause.message : cause).split("\n", 1)[0];
}

/** The packages are named by a variable so that bundlers for browsers, whose workers bring their own, do not look for them. */
function importPackage(name: RuntimePackage): Promise<unknown> {
  const named: string = name;
  return import(/* @vite-ignore */ /* webpackIgnore: true */ named);
}

/** Whether this is Node (or a program with its interfaces), not a browser. */
export function isNode(): boolean {
  return typeof process !== "undefined" && process.versions?.node !== undefined;
}

/** Whether threads can share memory: always in Node, in browsers on cross-origin isolated pages. */
export function hasSharedMemory(): boolean {
  return typeof SharedArrayBuffer !== "undefined";
}
