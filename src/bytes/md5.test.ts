import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, it } from "vitest";
import { Md5 } from "./md5.ts";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

it("gives the digests of RFC 1321", () => {
  const digest = (text: string) => {
    const md5 = new Md5();
    md5.update(new TextEncoder().encode(text));
    return hex(md5.digest());
  };
  expect(digest("")).toBe("d41d8cd98f00b204e9800998ecf8427e");
  expect(digest("abc")).toBe("900150983cd24fb0d6963f7d28e17f72");
});

it("gives OpenSSL's digest, however the bytes are cut", () => {
  const pieces = fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 8 });
  fc.assert(
    fc.property(pieces, (parts) => {
      const md5 = new Md5();
      for (const part of parts) md5.update(part);
      expect(hex(md5.digest())).toBe(createHash("md5").update(Buffer.concat(parts)).digest("hex"));
    }),
  );
  for (let length = 50; length < 140; length++) {
    const md5 = new Md5();
    const bytes = new Uint8Array(length).fill(length);
    md5.update(bytes);
    expect(hex(md5.digest())).toBe(createHash("md5").update(bytes).digest("hex"));
  }
});
