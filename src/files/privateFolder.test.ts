import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chown, lstat, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { clearLeftovers, lockFolder, PrivateFolder, removeUnfinished } from "./index.ts";
import { BEAT } from "./owner.ts";
import { foreignIn, setAge } from "./testing/leftover.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "xumx-private-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const at = (...names: readonly string[]) => join(folder, ...names);
const isLinux = existsSync("/proc/self/stat");

/** Runs a line with this room's built face in another process until it prints something. */
async function inAnotherProcess(line: string) {
  const room = new URL("../../dist/files/index.js", import.meta.url);
  const code = `const files = await import(${JSON.stringify(room.href)}); ${line};
    setInterval(() => {}, 1e3); console.log("ready");`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", code], {
    stdio: ["ignore", "pipe", "inherit"],
    cwd: fileURLToPath(new URL(".", import.meta.url)),
  });
  await once(child.stdout, "data");
  return {
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    },
  };
}

describe("a private folder", () => {
  it("is for its owner alone, and goes with the folders that were made for it", async () => {
    const made = await PrivateFolder.create(at("a/b"));
    expect((await lstat(made.path)).mode & 0o777).toBe(0o700);
    await writeFile(join(made.path, "x"), "");
    await made[Symbol.asyncDispose]();
    await made[Symbol.asyncDispose]();
    expect(await readdir(folder)).toEqual([]);
  });

  it("leaves the folders that were made for it where something else came to lie there", async () => {
    const made = await PrivateFolder.create(at("a/b"));
    await writeFile(at("a/other"), "");
    await made[Symbol.asyncDispose]();
    expect(await readdir(at("a"))).toEqual(["other"]);
  });

  it("is removed at once when the program must leave", async () => {
    const made = await PrivateFolder.create(at("a"));
    removeUnfinished();
    expect(await readdir(folder)).toEqual([]);
    await made[Symbol.asyncDispose]();
  });

  it.each(["a file stands in the way", "nothing can be made there"])(
    "says so if %s",
    async (what) => {
      await writeFile(at("file"), "");
      const parent = what.startsWith("a file") ? at("file", "x") : "/proc/none";
      await expect(PrivateFolder.create(parent)).rejects.toMatchObject({
        code: "unwritable",
        message: expect.stringContaining(parent),
      });
    },
  );
});

describe("what is left", () => {
  it.runIf(isLinux)("by a killed process of this machine is removed by the next one", async () => {
    {
      await using _running = await inAnotherProcess(
        `await files.PrivateFolder.create(${JSON.stringify(folder)})`,
      );
      await clearLeftovers(folder);
      expect(await readdir(folder)).toHaveLength(1);
    }
    await clearLeftovers(folder);
    expect(await readdir(folder)).toEqual([]);
  });

  it.runIf(isLinux)("by a process whose number another one has now is removed", async () => {
    const own = await PrivateFolder.create(folder);
    // As of a first process of a container that was started before.
    const earlier = basename(own.path).replace(/-[0-9a-z]+-([0-9a-f]{12})/, "-1-$1");
    await mkdir(at(earlier));
    await clearLeftovers(folder);
    expect(await readdir(folder)).toEqual([basename(own.path)]);
    await own[Symbol.asyncDispose]();
  });

  it("by a process of another machine or container is removed when it shows no life", async () => {
    const [living, gone] = [foreignIn(folder, 60), foreignIn(folder, 3600)];
    await clearLeftovers(folder);
    expect(existsSync(living)).toBe(true);
    expect(existsSync(gone)).toBe(false);
  });

  it("by another user, and what only looks like it, stays", async () => {
    await mkdir(at(".part"));
    await mkdir(at(".xumx-1234.part"));
    await mkdir(at("target"));
    await writeFile(at("target/precious"), "");
    await symlink(at("target"), at(".xumx-0123abcd-1-1-0123456789ab.part"));
    await writeFile(at(".xumx-0123abcd-1-2-0123456789ab.part"), "a file");
    setAge(at(".xumx-0123abcd-1-2-0123456789ab.part"), 3600);
    const others = foreignIn(folder, 3600);
    if (process.getuid?.() === 0) await chown(others, 12345, 12345);
    else await rm(others, { recursive: true });
    const before = await readdir(folder);
    await clearLeftovers(folder);
    expect(await readdir(folder)).toEqual(before);
    expect(await readdir(at("target"))).toEqual(["precious"]);
  });

  it("is kept alive by its owner", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    try {
      const made = await PrivateFolder.create(folder);
      setAge(made.path, 3600);
      await vi.advanceTimersByTimeAsync(BEAT * 1e3 + 1);
      await expect
        .poll(async () => Date.now() - (await lstat(made.path)).mtimeMs)
        .toBeLessThan(60e3);
      await made[Symbol.asyncDispose]();
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("a lock", () => {
  it("is had by one at a time, and by the next one after its end", async () => {
    const lock = await lockFolder(at("run"), "a training");
    await expect(lockFolder(at("run"), "a training")).rejects.toMatchObject({
      code: "locked",
      message: expect.stringMatching(/run is in use by a training \(process \d+\)/),
    });
    await lock[Symbol.asyncDispose]();
    await (await lockFolder(at("run"), "a training"))[Symbol.asyncDispose]();
    expect(await readdir(folder)).toEqual([]);
  });

  it.runIf(isLinux)("ends with a process that is killed", async () => {
    {
      await using _running = await inAnotherProcess(
        `await files.lockFolder(${JSON.stringify(folder)}, "x")`,
      );
      await expect(lockFolder(folder, "x")).rejects.toMatchObject({ code: "locked" });
    }
    await (await lockFolder(folder, "x"))[Symbol.asyncDispose]();
  });

  it("of another machine holds as long as it shows life", async () => {
    const other = foreignIn(folder, 60, "lock");
    await expect(lockFolder(folder, "x")).rejects.toMatchObject({ code: "locked" });
    setAge(other, 3600);
    await (await lockFolder(folder, "x"))[Symbol.asyncDispose]();
    expect(existsSync(other)).toBe(false);
  });
});
