/** Outputs in S3: the bytes that a file would have, in few requests, and nothing half-written whatever fails. */
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { DigestingStore, digestOf } from "./digests.ts";
import { S3Objects } from "./s3Objects.ts";
import { S3Place } from "./s3Place.ts";
import { S3Server } from "./testing/s3Server.ts";

process.env.AWS_ACCESS_KEY_ID = "test";
process.env.AWS_SECRET_ACCESS_KEY = "test";

let store: S3Server;
let objects: S3Objects;
beforeAll(async () => {
  store = await S3Server.start(["out"]);
  objects = await S3Objects.open({ endpoint: store.endpoint, requestAttempts: 1 });
});
afterAll(async () => {
  objects.close();
  await store[Symbol.asyncDispose]();
});
beforeEach(() => {
  store.objects.clear();
  store.fault = () => undefined;
});

const bytes = (length: number, seed = 1) =>
  Uint8Array.from({ length }, (_, i) => Math.imul(i + seed, 2654435761) >>> 24);

describe("an output in S3", () => {
  it("is what was written, in parts of any size, with its head made right at the end", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 500, max: 4000 }),
        fc.integer({ min: 0, max: 100 }),
        async (lengths, partBytes, head) => {
          const place = new S3Place(objects, { bucket: "out", key: "song" }, partBytes);
          const digesting = new DigestingStore(place);
          await using set = digesting.begin();
          const writer = (await set.create("a.wav")).getWriter();
          const chunk = new Uint8Array(3000);
          const expected: Uint8Array[] = [];
          for (const [i, length] of lengths.entries()) {
            expected.push(bytes(length, i));
            // Chunks are used again as soon as they are taken.
            chunk.set(bytes(length, i));
            await writer.write(chunk.subarray(0, length));
          }
          const whole = Buffer.concat(expected);
          const data = bytes(Math.min(head, whole.length), 99);
          if (data.length > 0) {
            await writer.write({ type: "write", position: 0, data });
            whole.set(data);
          }
          await writer.close();
          expect(store.objects.size).toBe(0);
          await set.commit();
          expect(
            Buffer.compare(store.objects.get("out/song/a.wav")?.body ?? whole.subarray(1), whole),
          ).toBe(0);
          const told = (await digesting.digests()).get("a.wav");
          expect(told).toEqual(await digestOf(one(whole)));
          expect(store.uploads.size).toBe(0);
          store.objects.clear();
        },
      ),
      { numRuns: 20 },
    );
  });

  it("of less than two parts is one request; else one a part and three", async () => {
    for (const [length, requests] of [
      [1500, 1],
      [5500, 6 + 3],
    ]) {
      const before = [...store.requests.values()].reduce((a, b) => a + b, 0);
      const place = new S3Place(objects, { bucket: "out", key: "song" }, 1000);
      await using set = place.begin();
      const writer = (await set.create("a.wav")).getWriter();
      await writer.write(bytes(length));
      await writer.close();
      await set.commit();
      const after = [...store.requests.values()].reduce((a, b) => a + b, 0);
      expect(after - before).toBe(requests);
    }
  });

  it("leaves nothing when any request fails, but what a dead connection hides, which is cleared the next time", async () => {
    for (let failing = 0; failing < 9; failing++) {
      let count = 0;
      store.fault = ({ method }) => (method !== "GET" && count++ === failing ? "500" : undefined);
      const place = new S3Place(objects, { bucket: "out", key: "song" }, 1000);
      const written = async () => {
        await using set = place.begin();
        const writer = (await set.create("a.wav")).getWriter();
        writer.closed.catch(() => {});
        for (let i = 0; i < 6; i++) await writer.write(bytes(900, i));
        await writer.close();
        await set.commit();
      };
      const failed = await written().then(
        () => undefined,
        (error: unknown) => error,
      );
      // Begin, five parts, completion.
      if (failing < 8) expect(failed).toMatchObject({ code: "store-failed" });
      expect(store.objects.size).toBe(failing < 8 ? 0 : 1);
      store.fault = () => undefined;
      await place.clear();
      expect(store.uploads.size).toBe(0);
    }
  });

  it("tells what a store refuses: credentials, buckets, objects", async () => {
    const at = { bucket: "out", key: "none" };
    await expect(objects.read(at)).rejects.toMatchObject({ code: "not-found" });
    expect(await objects.head(at)).toBeUndefined();
    const nowhere = objects.put({ bucket: "nowhere", key: "a" }, bytes(3), "audio/wav");
    await expect(nowhere).rejects.toMatchObject({
      code: "store-failed",
      message: /no such bucket/,
    });
    store.put("out/a", Buffer.from("first"));
    const changed = objects.read({ bucket: "out", key: "a" }, { etag: '"other"' });
    await expect(changed).rejects.toMatchObject({ code: "changed" });
    store.fault = () => "denied";
    await expect(objects.read(at)).rejects.toMatchObject({
      ...{ code: "store-failed", message: /ExpiredToken/, hint: /credentials/ },
    });
  });
});

async function* one(whole: Uint8Array) {
  yield whole;
}
