/**
 * The headers that every host of the app should send: isolation from other origins, so that live sound may share memory
 * between threads; a policy that lets in nothing from elsewhere and no code but the app's own.
 */

/** Inline scripts and styles are not needed, WebAssembly is. Downloads are made of blobs. */
export const contentSecurityPolicy = [
  "default-src 'self'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  "connect-src 'self'",
  "img-src 'self' blob: data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

/** By name, in lower case. */
export const headers: Readonly<Record<string, string>> = {
  // What a meta element cannot say comes besides.
  "content-security-policy": `${contentSecurityPolicy}; frame-ancestors 'none'`,
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};
