/** A service to try the protocol with. */
import { ArgumentError } from "../../errors.ts";
import type { Service } from "../service.ts";

/** Its requests and answers. */
export interface Counting {
  /** Adds to the sum; answers with it. */
  readonly add: { readonly request: number; readonly answer: number };
  /** The same numbers, doubled in place. */
  readonly double: { readonly request: Float32Array; readonly answer: Float32Array };
  /** Fails in this way. */
  readonly fail: {
    readonly request: "typed" | "untyped" | "memory";
    readonly answer: undefined;
  };
  /** Never answers, unless aborted. */
  readonly stall: { readonly request: undefined; readonly answer: undefined };
}

/** @param closed is called when the service is. */
export function counting(closed: () => void = () => undefined): Service<Counting> {
  let sum = 0;
  return {
    handlers: {
      add(value) {
        sum += value;
        return sum;
      },
      double(values, { move }) {
        for (let i = 0; i < values.length; i++) values[i] *= 2;
        move([values]);
        return values;
      },
      fail(how) {
        if (how === "typed") throw new ArgumentError("This is wrong.", "Do it right.");
        if (how === "untyped") throw new TypeError("x is not a function");
        throw new RangeError("Array buffer allocation failed");
      },
      stall(_, { signal }) {
        return new Promise((_, reject) => {
          signal.addEventListener("abort", () => reject(new Error("no longer wanted")));
        });
      },
    },
    async close() {
      closed();
    },
  };
}
