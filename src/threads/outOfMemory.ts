/** How a lack of memory shows, in words of our own. */
import { RuntimeError } from "../errors.ts";

/**
 * The typed error for what engines and systems throw when memory runs out; undefined for anything else.
 * @param hint what would need less.
 */
export function outOfMemory(
  thrown: unknown,
  hint = "Close other programs, or use fewer threads.",
): RuntimeError | undefined {
  if (!(thrown instanceof Error)) return undefined;
  const code = "code" in thrown ? thrown.code : undefined;
  const lacking =
    code === "ENOMEM" ||
    code === "ERR_WORKER_OUT_OF_MEMORY" ||
    code === "ERR_MEMORY_ALLOCATION_FAILED" ||
    // V8, WebAssembly and the C++ of the runtime; they have no codes.
    /allocation failed|out of memory|could not allocate|bad_alloc/i.test(thrown.message);
  if (!lacking) return undefined;
  return new RuntimeError("out-of-memory", "There is not enough memory.", hint, { cause: thrown });
}
