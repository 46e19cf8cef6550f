/** Fetches a bundled model's weights, and checks that they are what the build saw. */
import { AbortError, WeightsError } from "xumx-slicq";

/** What is fetched. */
export interface WeightsAddress {
  readonly url: URL;
  readonly bytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

/**
 * @param onProgress hears the fraction, 0 to 1.
 * @throws {WeightsError} "download-failed", "checksum-mismatch"; AbortError
 */
export async function fetchWeights(
  { url, bytes, sha256 }: WeightsAddress,
  onProgress: (fraction: number) => void,
  signal?: AbortSignal,
): Promise<Blob> {
  const content = await fetched(
    url,
    (received) => onProgress(Math.min(1, received / bytes)),
    signal,
  );
  // Pages that are not secure cannot reckon checksums; what is not a model is refused when it is read.
  if (!globalThis.crypto?.subtle) return content;
  const digest = await crypto.subtle.digest("SHA-256", await content.arrayBuffer());
  if (hexadecimal(digest) === sha256) return content;
  throw new WeightsError(
    "checksum-mismatch",
    "The model that was fetched is not the one that belongs to this app.",
    "Reload the page; if that does not help, the site must be installed anew.",
  );
}

async function fetched(
  url: URL,
  onBytes: (received: number) => void,
  signal: AbortSignal | undefined,
): Promise<Blob> {
  try {
    const response = await fetch(url, { cache: "no-store", ...(signal && { signal }) });
    if (!response.ok || !response.body) throw failed(`the server says ${response.status}`);
    const parts: Uint8Array<ArrayBuffer>[] = [];
    let received = 0;
    const reader = response.body.getReader();
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      parts.push(next.value);
      received += next.value.length;
      onBytes(received);
    }
    return new Blob(parts);
  } catch (cause) {
    if (signal?.aborted) throw new AbortError(signal.reason);
    throw cause instanceof TypeError ? failed(cause.message, cause) : cause;
  }
}

function failed(reason: string, cause?: unknown): WeightsError {
  return new WeightsError(
    "download-failed",
    `The model cannot be fetched: ${reason}.`,
    "Try again when the site can be reached.",
    { cause },
  );
}

/** Bytes as digits. */
export function hexadecimal(bytes: ArrayBuffer): string {
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
