import fc from "fast-check";
import { expect, it } from "vitest";
import { topLevelKeys } from "./jsonKeys.ts";

it("lists keys that are repeated, differently written or empty", () => {
  const json = String.raw`{"a": {"a": 1, "b": ["x", {"c": "}"}]}, "\u0061" : "b\"", "": [], "a\\": "{"}`;
  expect([...topLevelKeys(json)]).toEqual(["a", "a", "", "a\\"]);
});

it("lists the keys of any object, compact or indented", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.boolean(), (object, indented) => {
      const json = JSON.stringify(object, undefined, indented ? 2 : undefined);
      expect([...topLevelKeys(json)]).toEqual(Object.keys(object));
    }),
  );
});
