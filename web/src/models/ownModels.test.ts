/** Which of the files that a user gives are a model, and that it is kept whole. */
import { describe, expect, it } from "vitest";
import { filesOfOwn, forgetOwn, keepOwn, modelAmong, ownModels } from "./ownModels.ts";
import { weightCache } from "./weightCache.ts";

const file = (name: string, text = name) => new File([text], name);

describe("the model among files", () => {
  it("is the safetensors, or the .pth with the .json of its name", () => {
    expect(modelAmong([file("readme.md"), file("M.SAFETENSORS")])).toMatchObject({
      kind: "safetensors",
    });
    const files = modelAmong([file("other.json"), file("a.b.pth"), file("a.b.json", "{}")]);
    expect(files).toMatchObject({ kind: "pth", name: "a.b", configuration: { name: "a.b.json" } });
  });

  it("is missed with a hint", () => {
    const complaint = (message: RegExp) =>
      expect.objectContaining({
        message: expect.stringMatching(message),
        hint: expect.any(String),
      });
    expect(() => modelAmong([file("song.wav")])).toThrow(complaint(/no weights/));
    expect(() => modelAmong([file("a.pth")])).toThrow(complaint(/without their \.json/));
  });
});

describe("own models", () => {
  it("are kept with all their files, and forgotten with all", async () => {
    const cache = weightCache(undefined);
    const facts = { name: "mine", licence: undefined, targets: ["vocals"] };
    const files = modelAmong([file("m.pth", "weights"), file("m.json", "{}")]);
    const own = await keepOwn(cache, files, facts);
    expect(await keepOwn(cache, files, facts)).toEqual(own);
    const [kept, ...others] = await ownModels(cache);
    expect(others).toEqual([]);
    expect(kept).toMatchObject({ id: own.id, bytes: 7, kind: "pth", facts: { name: "mine" } });
    const again = await filesOfOwn(cache, kept);
    expect(await again?.weights.text()).toBe("weights");
    await forgetOwn(cache, kept);
    expect(await cache.names()).toEqual([]);
    expect(await filesOfOwn(cache, kept)).toBeUndefined();
  });
});
