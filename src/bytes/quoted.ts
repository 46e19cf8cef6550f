/** Names from files that nobody vouches for, fit for a message. */

/** A name in quotation marks, with control characters escaped, at most 100 characters of it. */
export function quoted(name: string): string {
  return JSON.stringify(name.length > 100 ? `${name.slice(0, 100)}…` : name);
}
