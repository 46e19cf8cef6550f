/** The keys of a JSON object as they are written, repeats included, which `JSON.parse` would hide. */

/** Keys of the outermost object of `json`, in order. `json` must be valid JSON with an object outermost. */
export function* topLevelKeys(json: string): Generator<string> {
  let depth = 0;
  for (let i = 0; i < json.length; i++) {
    const c = json[i];
    if (c === "{" || c === "[") depth++;
    else if (c === "}" || c === "]") depth--;
    else if (c === '"') {
      const start = i;
      i = closingQuote(json, start);
      if (depth === 1 && isFollowedByColon(json, i + 1)) {
        yield String(JSON.parse(json.slice(start, i + 1)));
      }
    }
  }
}

function closingQuote(json: string, opening: number): number {
  let i = opening + 1;
  while (json[i] !== '"') i += json[i] === "\\" ? 2 : 1;
  return i;
}

function isFollowedByColon(json: string, at: number): boolean {
  let i = at;
  while (" \t\n\r".includes(json[i])) i++;
  return json[i] === ":";
}
