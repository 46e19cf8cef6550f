/** How long is left follows from how it went; nothing is said too early. */
import { expect, it } from "vitest";
import { Pace } from "./pace.ts";

it("says what is left once enough is known", () => {
  let now = 500;
  const pace = new Pace(() => now);
  now += 900;
  expect(pace.at(0.5)).toEqual({ fraction: 0.5 });
  now += 3100;
  expect(pace.at(0.01)).toEqual({ fraction: 0.01 });
  expect(pace.at(0.25)).toEqual({ fraction: 0.25, secondsLeft: 12 });
});
