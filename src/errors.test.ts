import { expect, it } from "vitest";
import * as errors from "./errors.ts";

it("every error has the name of its class, even where minifiers rename classes", () => {
  const classes = Object.entries(errors).filter(([name]) => name.endsWith("Error"));
  expect(classes.length).toBeGreaterThan(7);
  for (const [name, Class] of classes) {
    const error: unknown = Reflect.construct(Class, ["aborted", "message"]);
    expect(error).toMatchObject({ name });
    // A class of another name, as a minifier would make of it.
    const renamed: unknown = Reflect.construct(Class, ["aborted", "message"], class t {});
    expect(renamed).toMatchObject({ name });
    expect(Reflect.get(Class, "prototype")).toBeInstanceOf(Error);
  }
});
