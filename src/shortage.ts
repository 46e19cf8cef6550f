/** What machines run out of, in words of our own. */
import { RuntimeError } from "./errors.ts";

/**
 * The typed error for what engines and systems throw when memory or open files run out; undefined for anything else.
 * @param hint what would need less memory.
 */
export function shortage(
  thrown: unknown,
  hint = "Close other programs, or use fewer threads.",
): RuntimeError | undefined {
  if (!(thrown instanceof Error)) return undefined;
  const code = "code" in thrown ? thrown.code : undefined;
  const options = { cause: thrown };
  if (code === "EMFILE" || code === "ENFILE") {
    return new RuntimeError(
      "out-of-files",
      "There are too many open files.",
      "Allow more (ulimit -n 1024), or close other programs.",
      options,
    );
  }
  const memory =
    code === "ENOMEM" ||
    code === "ERR_WORKER_OUT_OF_MEMORY" ||
    code === "ERR_MEMORY_ALLOCATION_FAILED" ||
    // V8, WebAssembly and the C++ of the runtime; they have no codes.
    /allocation failed|out of memory|could not allocate|bad_alloc/i.test(thrown.message);
  if (!memory) return undefined;
  return new RuntimeError("out-of-memory", "There is not enough memory.", hint, options);
}
