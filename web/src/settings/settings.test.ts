import { describe, expect, it } from "vitest";
import { openSettings } from "./settings.ts";

/** A storage that holds one text. */
function keeper(text: string | null = null) {
  return {
    text,
    getItem() {
      return this.text;
    },
    setItem(_: string, value: string) {
      this.text = value;
    },
  };
}

describe("settings", () => {
  it("are kept for the next visit", () => {
    const storage = keeper();
    const first = openSettings(storage);
    first.theme.value = "dark";
    first.follow.value = false;
    first.format.value = "wav-24";
    first.passes.value = 3;
    const second = openSettings(storage);
    const { theme, follow, format, passes } = second;
    expect([theme.value, follow.value, format.value, passes.value]).toEqual([
      ...["dark", false, "wav-24", 3],
    ]);
  });

  it("are as at first where what was kept is damaged or unknown", () => {
    for (const text of [
      "{",
      "null",
      '"x"',
      '{"theme":"pink","device":[],"threads":-1,"format":7,"passes":4}',
    ]) {
      const { theme, device, threads, format, passes } = openSettings(keeper(text));
      expect([theme.value, device.value, threads.value, format.value, passes.value]).toEqual([
        ...["system", "auto", 0, "flac-16", 1],
      ]);
    }
  });

  it("work where nothing can be kept", () => {
    const full = {
      getItem: () => null,
      setItem: () => {
        throw new DOMException("full", "QuotaExceededError");
      },
    };
    for (const storage of [undefined, full]) {
      const settings = openSettings(storage);
      settings.theme.value = "light";
      expect(settings.theme.value).toBe("light");
    }
  });
});
