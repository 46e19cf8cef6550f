/** Fetches a file whole, with progress. */
import { AbortError, type XumxError } from "../errors.ts";

/** How far a file has come. */
export interface FetchProgress {
  /** Bytes so far. */
  readonly received: number;
  /** Bytes of the file, if the server says so. */
  readonly total: number | undefined;
}

/** What may be told to {@link fetchBytes}. */
export interface FetchOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: FetchProgress) => void) | undefined;
  /** Makes the error for a file that cannot be had, of a reason. */
  readonly failed: (reason: string, cause?: unknown) => XumxError;
}

/** @throws {AbortError}; what `failed` makes */
export async function fetchBytes(
  url: URL,
  { signal, onProgress, failed }: FetchOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const response = await fetch(url, signal ? { signal } : {});
    if (!response.ok) throw failed(`the server says ${response.status}`);
    if (!response.body) return new Uint8Array(await response.arrayBuffer());
    // Of a compressed file the length says nothing about its content.
    const plain = !response.headers.has("content-encoding");
    const length = Number(response.headers.get("content-length"));
    const total = plain && length > 0 ? length : undefined;
    const parts: Uint8Array<ArrayBuffer>[] = [];
    let received = 0;
    const reader = response.body.getReader();
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      parts.push(next.value);
      received += next.value.length;
      onProgress?.({ received, total });
    }
    return new Uint8Array(await new Blob(parts).arrayBuffer());
  } catch (cause) {
    if (signal?.aborted) throw new AbortError(signal.reason);
    if (cause instanceof TypeError) throw failed(cause.message, cause);
    throw cause;
  }
}
