/** What a tensor runtime offers: sessions that run one model each. */
import type { Device, DevicePreference } from "./device.ts";

/** A row-major array of float32 with its dimensions. */
export interface FloatTensor {
  readonly dims: readonly number[];
  /**
   * A view of any memory. On plain memory, of a WebAssembly instance too, the native runtime works
   * in place; shared memory, and the WASM runtime, cost a copy. Memory must not grow during a run.
   */
  readonly data: Float32Array;
}

/** Tensors by name. */
export type FloatTensors = Readonly<Record<string, FloatTensor>>;

/** Which runtime to use: the native one, WebAssembly, or the better one of those that load. */
export type RuntimePreference = "auto" | "native" | "wasm";

export interface SessionOptions {
  /** Threads that share the work of one op, 1 or more. */
  readonly threads: number;
  /** Where to compute; "auto" by default. */
  readonly device?: DevicePreference;
  /**
   * Whether threads wait busily for their next piece of work (native only). About a fifth faster with
   * two threads on an idle machine, slower where other threads want the processors. Default false.
   */
  readonly spin?: boolean;
  /**
   * Memory between runs (native only). "planned", the default: kept, laid out for the shapes of the first run.
   * "kept": kept as it was needed; about half as much where intermediate results are large, and sooner warm.
   * "returned": handed back after each run, so that many sessions which run in turn need the memory of one, at
   * the cost of some time where much is needed.
   */
  readonly memory?: "planned" | "kept" | "returned";
}

/** A tensor runtime that has been loaded. */
export interface Runtime {
  readonly name: "native" | "wasm";
  /** Version of ONNX Runtime. */
  readonly version: string;
  /** Why the faster runtime is not used, and the one line to type to get it. */
  readonly notice?: string;
  /** Devices that this build can compute on; whether the machine has them, only a session shows. */
  readonly devices: readonly Device[];
  /**
   * Prepares a model. Its bytes are not needed afterwards.
   *
   * @param model an ONNX model
   * @throws RuntimeError "runtime-failed" when the model is refused, "device-unavailable" when it cannot run, all of
   *   it, on the device; ArgumentError for a bad thread count
   */
  createSession(model: Uint8Array, options: SessionOptions): Promise<Session>;
}

/** A prepared model. Holds memory outside of the JavaScript heap until it is closed. */
export interface Session extends AsyncDisposable {
  /** Names of the arrays to feed. */
  readonly inputs: readonly string[];
  /** Names of the results. */
  readonly outputs: readonly string[];
  /** Threads in fact used. The WASM runtime fixes them once for all sessions, when it makes the first. */
  readonly threads: number;
  /** Where every op of the model is computed. */
  readonly device: Device;
  /**
   * Computes all outputs.
   *
   * @param feeds one tensor per input
   * @param into arrays of the right size to write outputs to, by name; outputs not named get new ones
   * @throws RuntimeError "runtime-failed" when a feed is missing or misshapen, or an array of `into` does
   *   not fit; ClosedError
   */
  run(feeds: FloatTensors, into?: FloatTensors): Promise<FloatTensors>;
  /** Waits for runs under way, then frees the session's memory. Closing twice is allowed. */
  close(): Promise<void>;
}
