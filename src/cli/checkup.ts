/** Everything about this machine and this installation that bears on separation. */
import { execFile } from "node:child_process";
import { access, constants, readdir, stat } from "node:fs/promises";
import { arch, availableParallelism, cpus, freemem, release, totalmem, type } from "node:os";
import { dirname, join } from "node:path";
import { createKernels } from "../kernels/instance.ts";
import {
  defaultModel,
  listModels,
  modelCache,
  type Verdict,
  verifyModel,
} from "../models/index.ts";
import { type Availability, capabilities, type Device, devices } from "../runtime/index.ts";
import { openSeparator } from "../separation/index.ts";
import { version } from "../version.ts";
import { type DeviceReport, probeDevice } from "./deviceProbe.ts";
import { type SelfTest, selfTest } from "./selfTest.ts";

export interface Checkup {
  readonly version: string;
  readonly node: string;
  /** Operating system and architecture. */
  readonly platform: string;
  readonly processor: {
    readonly model: string;
    readonly cores: number;
    /** Threads that this program may run at once: the default of `--threads`. */
    readonly threads: number;
    /** Whether WebAssembly has SIMD, which the kernels need. */
    readonly simd: boolean;
  };
  /** Bytes. */
  readonly memory: { readonly total: number; readonly free: number };
  readonly runtimes: { readonly native: Availability; readonly wasm: Availability };
  readonly devices: readonly DeviceReport[];
  /** Version of the ffmpeg on the PATH. */
  readonly ffmpeg: string | null;
  readonly cache: {
    readonly path: string;
    readonly writable: boolean;
    readonly files: number;
    readonly bytes: number;
  };
  /** Models on this machine. */
  readonly models: readonly {
    readonly name: string;
    readonly isDefault: boolean;
    readonly place: "bundled" | "cached" | "remote";
    readonly verdict: Verdict;
  }[];
  /** Variables that change what the program does, as they are set; passwords are left out. */
  readonly environment: Readonly<Record<string, string>>;
  readonly selfTest: SelfTest;
}

/** Looks at everything. Whatever is missing is a result, not an error. */
export async function checkup(): Promise<Checkup> {
  const threads = availableParallelism();
  const { native, wasm, devices: offered } = await capabilities();
  return {
    version,
    node: process.versions.node,
    platform: `${type()} ${release()} ${arch()}`,
    processor: {
      model: cpus()[0]?.model.trim() || "unknown",
      cores: cpus().length,
      threads,
      simd: hasSimd(),
    },
    memory: { total: totalmem(), free: freemem() },
    runtimes: { native, wasm },
    devices: await deviceReports(offered),
    ffmpeg: await ffmpegVersion(),
    cache: await cacheReport(modelCache()),
    models: await modelReports(),
    environment: environmentOf(process.env),
    selfTest: await selfTest(() => openSeparator({ threads, loading: { offline: true } })),
  };
}

function hasSimd(): boolean {
  try {
    createKernels();
    return true;
  } catch (error) {
    if (error instanceof WebAssembly.CompileError) return false;
    throw error;
  }
}

/** The GPUs; the processor is what the self-test runs on. */
async function deviceReports(offered: readonly Device[]): Promise<readonly DeviceReport[]> {
  const reports: DeviceReport[] = [];
  for (const device of devices) {
    if (device === "cpu") continue;
    // One after the other: two programs on one GPU tell nothing.
    if (offered.includes(device)) reports.push(await probeDevice(device, defaultModel));
    else {
      const reason = "The runtime here was built without it.";
      reports.push({ device, available: false, reason, hint: undefined });
    }
  }
  return reports;
}

function ffmpegVersion(): Promise<string | null> {
  return new Promise((resolve) => {
    execFile("ffmpeg", ["-version"], { timeout: 10_000, windowsHide: true }, (_, stdout) => {
      resolve(/^ffmpeg version (\S+)/.exec(stdout)?.[1] ?? null);
    });
  });
}

async function cacheReport(path: string): Promise<Checkup["cache"]> {
  const names = await readdir(path).catch(() => []);
  const found = await Promise.all(
    names.map((name) => stat(join(path, name)).catch(() => undefined)),
  );
  const sizes = found.flatMap((about) => (about?.isFile() ? [about.size] : []));
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  return { path, writable: await isWritable(path), files: sizes.length, bytes };
}

/** Whether a folder can be written to, or be made. */
export async function isWritable(path: string): Promise<boolean> {
  const about = await stat(path).catch(() => undefined);
  if (!about) return dirname(path) !== path && isWritable(dirname(path));
  if (!about.isDirectory()) return false;
  return access(path, constants.W_OK).then(
    () => true,
    () => false,
  );
}

async function modelReports(): Promise<Checkup["models"]> {
  const reports: Checkup["models"][number][] = [];
  for (const model of await listModels()) {
    const verdict = await verifyModel(model);
    if (verdict.kind === "absent") continue;
    const { name, isDefault, place } = model;
    reports.push({ name, isDefault, place, verdict });
  }
  return reports;
}

const variables = [
  ...["XUMX_SLICQ_CACHE", "XUMX_SLICQ_OFFLINE", "XUMX_SLICQ_MODEL_HOST", "XDG_CACHE_HOME"],
  ...["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"],
  ...["NODE_EXTRA_CA_CERTS", "NODE_OPTIONS"],
];

/** The variables that matter, without the passwords of their addresses. */
export function environmentOf(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    variables.flatMap((name) => {
      const value = env[name];
      return value ? [[name, value.replace(/\/\/[^/@]*@/g, "//***@")]] : [];
    }),
  );
}
