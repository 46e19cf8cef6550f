/** One instance of the kernels with a memory of its own: an arena that only grows. */
import { ArgumentError } from "../errors.ts";
import type { KernelExports } from "./exports.ts";
import { kernelsBase64 } from "./kernels.wasm.ts";
import { plainKernels } from "./plain.ts";

const PAGE = 65536;
const MAX_BYTES = 65536 * PAGE;

export interface KernelInstance {
  /** @internal Programs with Node's types alone do not know WebAssembly. */
  readonly memory: WebAssembly.Memory;
  readonly exports: KernelExports;
  /** 16-byte aligned, zeroed, never freed. Growing detaches earlier views. */
  allocate(bytes: number): number;
  /** View of `length` float32 at a byte offset; take it anew after {@link allocate}. */
  f32(pointer: number, length: number): Float32Array;
  /** View of `length` float64 at a byte offset; take it anew after {@link allocate}. */
  f64(pointer: number, length: number): Float64Array;
  /** View of `length` bytes at a byte offset; take it anew after {@link allocate}. */
  bytes(pointer: number, length: number): Uint8Array;
  /** View of `length` int32 at a byte offset; take it anew after {@link allocate}. */
  i32(pointer: number, length: number): Int32Array;
}

/** The module's exports as numbers in, numbers out: WASM hands pointers back signed. */
interface ModuleExports extends KernelExports {
  heapBase(): number;
}

let compiled: WebAssembly.Module | undefined;

function compile(): WebAssembly.Module {
  if (!compiled) {
    const text = atob(kernelsBase64);
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
    compiled = new WebAssembly.Module(bytes);
  }
  return compiled;
}

/**
 * Makes an instance.
 * @param kind "simd" runs the WASM module, "plain" the TypeScript twins on the same memory layout (slow; the oracle).
 */
export function createKernels(kind: "simd" | "plain" = "simd"): KernelInstance {
  const memory = new WebAssembly.Memory({ initial: 4 });
  let top: number;
  let exports: KernelExports;
  if (kind === "simd") {
    const instance = new WebAssembly.Instance(compile(), { env: { memory } });
    // The interface is ours on both sides of the boundary; WebAssembly has no types to check it with.
    const module = instance.exports as WebAssembly.Exports & ModuleExports;
    top = module.heapBase();
    exports = module;
  } else {
    top = 1024;
    exports = plainKernels(memory);
  }
  return {
    memory,
    exports,
    allocate(bytes) {
      const start = Math.ceil(top / 16) * 16;
      // Kernels may read and write a few elements past the end of a row.
      const end = start + bytes + 64;
      if (end > MAX_BYTES) {
        throw new ArgumentError(
          `The kernels' memory would exceed 4 GiB (${bytes} bytes asked for).`,
          "Use smaller pieces or a smaller transform.",
        );
      }
      const missing = Math.ceil((end - memory.buffer.byteLength) / PAGE);
      if (missing > 0) memory.grow(missing);
      top = end;
      return start;
    },
    f32: (pointer, length) => new Float32Array(memory.buffer, pointer, length),
    f64: (pointer, length) => new Float64Array(memory.buffer, pointer, length),
    bytes: (pointer, length) => new Uint8Array(memory.buffer, pointer, length),
    i32: (pointer, length) => new Int32Array(memory.buffer, pointer, length),
  };
}
