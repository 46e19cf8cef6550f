/** Sessions over ONNX Runtime's JavaScript interface, which its native and its WASM packages share. */
import type * as OnnxRuntimeWeb from "onnxruntime-web";
import { ArgumentError, ClosedError, RuntimeError } from "../errors.ts";
import { shortage } from "../shortage.ts";
import { type Device, deviceFailed } from "./device.ts";
import type { FloatTensor, FloatTensors, Session, SessionOptions } from "./runtime.ts";

/** The part of either package that is used here. */
export type OnnxRuntime = Pick<typeof OnnxRuntimeWeb, "InferenceSession" | "Tensor" | "env"> & {
  /** What it was built with: the native package says it, and our workers of the Web's build with WebGPU. */
  readonly listSupportedBackends?: () => readonly { readonly name: string }[];
};

/** What differs between the two packages. */
export interface Dialect {
  /** Whether outputs can be computed in arrays of ours, and inputs read where they lie. */
  readonly inPlace: boolean;
  /** Threads in fact used. */
  readonly threads: number;
  readonly device: Device;
}

/** Makes a session; see {@link Session}. */
export async function createOnnxSession(
  runtime: OnnxRuntime,
  model: Uint8Array,
  options: SessionOptions,
  dialect: Dialect,
): Promise<Session> {
  // Neither package reads shared memory.
  const bytes = model.buffer instanceof ArrayBuffer ? model : model.slice();
  const { device } = dialect;
  const create = () =>
    runtime.InferenceSession.create(bytes, {
      executionProviders: [providerOf(dialect)],
      executionMode: "sequential",
      graphOptimizationLevel: "all",
      intraOpNumThreads: dialect.threads,
      interOpNumThreads: 1,
      enableCpuMemArena: options.memory !== "returned",
      enableMemPattern: options.memory !== "kept",
      // Failures come back as errors; nothing is to be printed.
      logSeverityLevel: silent,
      extra: {
        session: {
          intra_op: { allow_spinning: options.spin ? "1" : "0" },
          // Ops that a GPU does not know would otherwise run on the processor without a word.
          disable_cpu_ep_fallback: device === "cpu" ? "0" : "1",
        },
      },
    });
  if (device === "cpu") {
    const session = await asRuntimeError("The model cannot be prepared", create);
    return new OnnxSession(runtime, session, dialect);
  }
  // Read once, when the program makes its first session: libraries that are missing are our errors, not its prints.
  runtime.env.logLevel = "fatal";
  const session = await create().catch((cause: unknown) => {
    throw deviceFailed(device, cause);
  });
  return new OnnxSession(runtime, session, dialect);
}

function providerOf({ inPlace, device }: Dialect): string {
  return device === "cpu" && !inPlace ? "wasm" : device;
}

const silent = 4;

/** @throws ArgumentError unless `threads` is a positive integer */
export function checkThreads(threads: number): void {
  if (!Number.isInteger(threads) || threads < 1) {
    throw new ArgumentError(`threads must be 1 or more, not ${threads}`);
  }
}

class OnnxSession implements Session {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly threads: number;
  readonly device: Device;
  readonly #runtime: OnnxRuntime;
  readonly #session: OnnxRuntimeWeb.InferenceSession;
  readonly #inPlace: boolean;
  readonly #running = new Set<Promise<unknown>>();
  #closing: Promise<void> | undefined;

  constructor(
    runtime: OnnxRuntime,
    session: OnnxRuntimeWeb.InferenceSession,
    { inPlace, threads, device }: Dialect,
  ) {
    this.#runtime = runtime;
    this.#session = session;
    this.#inPlace = inPlace;
    this.threads = threads;
    this.device = device;
    this.inputs = [...session.inputNames];
    this.outputs = [...session.outputNames];
  }

  async run(feeds: FloatTensors, into: FloatTensors = {}): Promise<FloatTensors> {
    if (this.#closing) throw new ClosedError("The session was closed.");
    const run = asRuntimeError("The model cannot be run", () => this.#run(feeds, into));
    this.#running.add(run);
    try {
      return await run;
    } finally {
      this.#running.delete(run);
    }
  }

  close(): Promise<void> {
    this.#closing ??= Promise.allSettled(this.#running).then(() => this.#session.release());
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #run(feeds: FloatTensors, into: FloatTensors): Promise<FloatTensors> {
    checkNames("input", feeds, this.inputs);
    checkNames("output", into, this.outputs);
    const inputs: Record<string, OnnxRuntimeWeb.Tensor> = {};
    for (const [name, feed] of Object.entries(feeds)) {
      const inPlace = !this.#inPlace || isPlain(feed.data);
      inputs[name] = this.#tensor(inPlace ? feed : { dims: feed.dims, data: feed.data.slice() });
    }
    const fetches: Record<string, OnnxRuntimeWeb.Tensor | null> = {};
    for (const name of this.outputs) {
      const target = into[name];
      const inPlace = target !== undefined && this.#inPlace && isPlain(target.data);
      fetches[name] = inPlace ? this.#tensor(target) : null;
    }
    const results = await this.#session.run(inputs, fetches, { logSeverityLevel: silent });
    const outputs: Record<string, FloatTensor> = {};
    for (const name of this.outputs) {
      outputs[name] = deliver(name, results[name], fetches[name] !== null, into[name]);
    }
    return outputs;
  }

  #tensor({ dims, data }: FloatTensor): OnnxRuntimeWeb.Tensor {
    return new this.#runtime.Tensor("float32", data, dims);
  }
}

/** The native runtime would pass over names it does not know. */
function checkNames(what: string, tensors: FloatTensors, known: readonly string[]): void {
  for (const name of Object.keys(tensors)) {
    if (!known.includes(name)) throw new Error(`there is no ${what} "${name}"`);
  }
}

/** Whether memory is of a kind that the native runtime accepts: it refuses shared memory. */
function isPlain(data: Float32Array): boolean {
  return data.buffer instanceof ArrayBuffer;
}

/** The result as one of our tensors, copied to `target` where it was not computed there. */
function deliver(
  name: string,
  result: OnnxRuntimeWeb.Tensor,
  inPlace: boolean,
  target: FloatTensor | undefined,
): FloatTensor {
  if (inPlace && target) return target;
  const { data, dims } = result;
  if (!(data instanceof Float32Array)) {
    throw new Error(`output "${name}" is ${result.type}, not float32`);
  }
  if (!target) return { dims, data };
  if (target.dims.join() !== dims.join()) {
    throw new Error(`output "${name}" is [${dims}], the array given for it [${target.dims}]`);
  }
  target.data.set(data);
  return target;
}

async function asRuntimeError<T>(what: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw (
      shortage(cause) ??
      new RuntimeError("runtime-failed", `${what}: ${reason}`, undefined, { cause })
    );
  }
}
