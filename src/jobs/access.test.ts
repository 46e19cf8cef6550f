/** What workers may touch, and what they may not. */
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { allowedPath, checkHost } from "./access.ts";

let folder: string;
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "xumx-access-")));
  await mkdir(join(folder, "music"));
  await writeFile(join(folder, "music", "a.wav"), "a");
  await writeFile(join(folder, "secret"), "s");
  await symlink(join(folder, "secret"), join(folder, "music", "link.wav"));
});
afterAll(() => rm(folder, { recursive: true }));

it("files lie in allowed folders, there yet or not, however these are written; links lead nowhere else", async () => {
  const music = join(folder, "music");
  const folders = [relative(process.cwd(), music)];
  for (const path of ["a.wav", "not yet/at all.wav", ""]) {
    expect(await allowedPath(join(music, path), { folders })).toBe(
      join(music, path).replace(/\/$/, ""),
    );
  }
  const stems = join(folder, "stems");
  expect(await allowedPath(join(stems, "x"), { folders: [stems] })).toBe(join(stems, "x"));
  for (const path of ["../secret", "link.wav", "../music2/a.wav", "/etc/passwd"]) {
    const outside = path.startsWith("/") ? path : join(music, path);
    await expect(allowedPath(outside, { folders }), path).rejects.toMatchObject({
      code: "not-allowed",
    });
  }
  await expect(allowedPath(music, {})).rejects.toMatchObject({ code: "not-allowed" });
});

it("hosts are allowed by their whole names, or by what they end in", () => {
  const allowed = (host: string, hosts: readonly string[]) => {
    try {
      checkHost(new URL(`https://${host}/song.wav`), { hosts });
      return true;
    } catch {
      return false;
    }
  };
  expect(allowed("Media.example.com", ["media.Example.com"])).toBe(true);
  expect(allowed("a.b.example.com:444", ["*.example.com"])).toBe(true);
  expect(allowed("example.com", ["*.example.com"])).toBe(false);
  expect(allowed("badexample.com", ["*.example.com", "example.com"])).toBe(false);
  expect(allowed("example.com.evil.org", ["example.com"])).toBe(false);
  expect(allowed("example.com", [])).toBe(false);
});
