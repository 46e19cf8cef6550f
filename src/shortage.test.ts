import { expect, it } from "vitest";
import { shortage } from "./shortage.ts";

const coded = (code: string) => Object.assign(new Error("as the system says"), { code });

it("what engines and systems throw when they lack something is known", () => {
  let thrown: unknown;
  try {
    new ArrayBuffer(2 ** 46);
  } catch (error) {
    thrown = error;
  }
  expect(shortage(thrown, "Use less.")).toMatchObject({
    code: "out-of-memory",
    message: "There is not enough memory.",
    hint: "Use less.",
    cause: thrown,
  });
  expect(shortage(new Error("std::bad_alloc"))?.code).toBe("out-of-memory");
  expect(shortage(coded("ENOMEM"))?.code).toBe("out-of-memory");
  expect(shortage(coded("EMFILE"))?.code).toBe("out-of-files");
});

it("nothing else is taken for a shortage", () => {
  for (const other of [coded("ENOENT"), new RangeError("Invalid array length"), "out of memory"]) {
    expect(shortage(other)).toBeUndefined();
  }
});
