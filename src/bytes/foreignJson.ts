/** JSON that nobody vouches for: neither its size nor its nesting may cost more than a good file's. */

/** What a text of this kind never needs more of. */
export interface JsonLimits {
  /** Characters, or bytes. */
  readonly length: number;
  /** Objects and arrays inside each other. */
  readonly depth: number;
  /** Objects and arrays in all. */
  readonly brackets: number;
  /** Members of the outermost object or array. */
  readonly members: number;
}

/** A text that is no JSON or beyond its limits. The message goes on after the text's name: "is not valid JSON". */
export class ForeignJsonError extends Error {
  override readonly name: string = "ForeignJsonError";
}

/**
 * Parses JSON whose brackets were counted first: each of them takes dozens of bytes of memory, so that a text of nothing
 * else takes fifty times its size.
 * @param source the text, or its bytes in UTF-8
 * @throws ForeignJsonError
 */
export function parseForeignJson(source: Uint8Array | string, limits: JsonLimits): unknown {
  return parseCounted(source, limits).value;
}

/** As {@link parseForeignJson}, with the number of members that are written in the outermost object or array, repeats included. */
export function parseCounted(
  source: Uint8Array | string,
  limits: JsonLimits,
): { readonly value: unknown; readonly members: number } {
  if (source.length > limits.length) {
    throw new ForeignJsonError(`is longer than ${limits.length} bytes`);
  }
  try {
    const text =
      typeof source === "string"
        ? source
        : new TextDecoder("utf-8", { fatal: true }).decode(source);
    const commas = countCommas(text, limits);
    const value: unknown = JSON.parse(text);
    const isEmpty = typeof value !== "object" || value === null || Object.keys(value).length === 0;
    return { value, members: isEmpty ? 0 : commas + 1 };
  } catch (cause) {
    if (cause instanceof ForeignJsonError) throw cause;
    throw new ForeignJsonError("is not valid JSON", { cause });
  }
}

const codes = {
  quote: 0x22,
  comma: 0x2c,
  backslash: 0x5c,
  braces: [0x7b, 0x7d],
  brackets: [0x5b, 0x5d],
} as const;

/** Commas of the outermost object or array. @throws ForeignJsonError beyond the limits */
function countCommas(text: string, limits: JsonLimits): number {
  let depth = 0;
  let brackets = 0;
  let commas = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === codes.quote) quoted = !quoted;
    else if (quoted) {
      if (code === codes.backslash) i++;
    } else if (code === codes.braces[0] || code === codes.brackets[0]) {
      if (++depth > limits.depth) {
        throw new ForeignJsonError(`is nested more than ${limits.depth} deep`);
      }
      if (++brackets > limits.brackets) {
        throw new ForeignJsonError(`has more than ${limits.brackets} objects and arrays`);
      }
    } else if (code === codes.comma) {
      if (depth === 1 && ++commas >= limits.members) {
        throw new ForeignJsonError(`has more than ${limits.members} members`);
      }
    } else if (code === codes.braces[1] || code === codes.brackets[1]) depth--;
  }
  return commas;
}
