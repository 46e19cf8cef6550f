/** Pages of hosts that send no headers are isolated from other origins all the same, from the second visit on. */

const headers: Readonly<Record<string, string>> = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};

/** The same response, with the headers of isolation where it has none. */
export function isolated(response: Response): Response {
  if (Object.keys(headers).every((name) => response.headers.has(name))) return response;
  const { body, status, statusText } = response;
  const all = new Headers(response.headers);
  for (const [name, value] of Object.entries(headers)) if (!all.has(name)) all.set(name, value);
  return new Response(body, { status, statusText, headers: all });
}
