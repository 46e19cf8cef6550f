/** What the program says where something is wrong. */
import { spawn, spawnSync } from "node:child_process";
import { chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CommandLine, end, model, program, stemsOf } from "./testing/commandLine.ts";

const cli = new CommandLine();

describe("places that cannot be written to", () => {
  /** Runs a program as somebody without rights: as the user, or, from root, as nobody. */
  const asNobody = process.getuid?.() === 0 ? ["setpriv", ...nobody()] : [];
  function nobody() {
    return ["--reuid=65534", "--regid=65534", "--clear-groups"];
  }
  const possible =
    process.platform !== "win32" &&
    (asNobody.length === 0 || spawnSync(asNobody[0], [...asNobody.slice(1), "true"]).status === 0);

  it.skipIf(!possible)("a folder that cannot be read is a failure that counts", async () => {
    await chmod(cli.inputs, 0o755);
    await chmod(cli.folder, 0o777);
    const inner = join(cli.folder, "songs", "locked");
    await mkdir(inner, { recursive: true });
    await writeFile(join(inner, "lost.wav"), "");
    await chmod(inner, 0);
    for (const input of ["songs", "songs/**/*.wav"]) {
      const command = [...asNobody, process.execPath, program, input, "-r"];
      const env = { ...process.env, HOME: cli.folder };
      const { code, stderr } = await end(
        spawn(command[0], command.slice(1), { cwd: cli.folder, env }),
      );
      expect(stderr).toMatch(/songs.locked cannot be read: EACCES/);
      expect(code).toBe(1);
    }
    await chmod(inner, 0o700);
  });

  it.skipIf(!possible)("a read-only folder is named, and nothing is left", async () => {
    const locked = join(cli.folder, "locked");
    await mkdir(locked);
    await chmod(cli.inputs, 0o755);
    await chmod(cli.folder, 0o755);
    await chmod(locked, 0o555);
    const command = [...asNobody, process.execPath, program, "../song.wav", "-o", "locked/out"];
    const child = spawn(command[0], command.slice(1), {
      cwd: cli.folder,
      env: { ...process.env, HOME: cli.folder },
    });
    const { code, stderr } = await end(child);
    expect(code).toBe(1);
    expect(stderr).toMatch(/locked\/out.* cannot be written: .*EACCES/);
    expect(await cli.written()).toEqual([]);
    const unreadable = join(cli.folder, "secret.wav");
    await writeFile(unreadable, "x", { mode: 0 });
    const secret = [...command.slice(0, -3), "secret.wav", "-o", "out"];
    const reading = await end(
      spawn(secret[0], secret.slice(1), {
        cwd: cli.folder,
        env: { ...process.env, HOME: cli.folder },
      }),
    );
    expect(reading.stderr).toMatch(/secret\.wav cannot be read: EACCES/);
  });

  it("a full file system is named, and nothing is left", async ({ skip }) => {
    const tiny = join(cli.folder, "tiny");
    await mkdir(tiny);
    const mounted =
      process.platform === "linux" &&
      spawnSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", tiny]).status === 0;
    if (!mounted) skip("no file system can be mounted here");
    try {
      for (const format of ["wav", "flac"]) {
        const { code, stderr } = await cli.run("../song.wav", "-o", "tiny/out", "--format", format);
        expect(code).toBe(1);
        expect(stderr).toMatch(
          /tiny.out.*(bass|vocals|other|drums)\.\w+ cannot be written: .*ENOSPC/,
        );
        expect(await readdir(tiny)).toEqual([]);
      }
    } finally {
      spawnSync("umount", [tiny]);
    }
  });
});

describe("what steers a terminal", () => {
  const unsafe = /(?!\n)[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;
  const evil = "\u001b[2J\u009b31m\u202egnp\u2066\r\nxumx-slicq: all is well";

  it.each([
    ["a song that is not there", [`./${evil}.wav`]],
    ["a pattern without songs", [`./${evil}*.wav`]],
    ["an unknown command", [evil.replace(/[.\\]/g, "")]],
    ["an unknown option", ["../song.wav", `--${evil}`]],
    ["a wrong value", ["../song.wav", "--threads", evil]],
    ["a wrong choice", ["../song.wav", "--format", evil]],
    ["an unknown model", ["../song.wav", "--model", evil]],
    ["a wrong pattern of names", ["../song.wav", "--filename", `{${evil}}`]],
    ["an unknown model to fetch", ["models", "pull", evil]],
    ["a picture that is none", ["spectrogram", "../text.wav", "-o", `${evil}.txt`]],
    ["a data set that is not there", ["evaluate", "--data", evil, "--out", "scores"]],
    ["scores that are not there", ["aggregate", evil]],
  ])("is shown, not obeyed, in the message about %s", async (_, args) => {
    const { code, stdout, stderr } = await cli.run(...args);
    expect(code).toBeGreaterThan(0);
    expect(stderr).not.toMatch(unsafe);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(stderr + stdout).toContain("2J");
  });

  it("is shown in the names of songs that are found, and escaped in JSON", async () => {
    const name = "a\u009b31m\u202eb.wav";
    await writeFile(join(cli.folder, name), "not audio");
    const text = await cli.run(".");
    expect(text.code).toBe(1);
    expect(text.stderr).toContain("a\\x9b31m\\u202eb.wav is not audio");
    expect(text.stderr).not.toMatch(unsafe);
    const json = await cli.run(".", "--json");
    expect(json.stdout).not.toMatch(unsafe);
    const events = json.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(events.find(({ event }) => event === "song-failed").input).toBe(name);
  });
});

describe("what cannot be done is said in a line, with a hint, and leaves nothing", () => {
  it("of every bad song, whatever is wrong; good ones are separated all the same", async () => {
    const bad: readonly (readonly [string, RegExp])[] = [
      ["../missing.wav", /missing\.wav does not exist/],
      ["..//other/none*.wav", /No song matches .*none/],
      ["../text.wav", /text\.wav is not audio/],
      ["../empty.wav", /empty\.wav is empty/],
      ["../header.wav", /header\.wav holds no samples/],
      ["../cut.wav", /cut\.wav is damaged/],
      ["../nan.wav", /nan\.wav.*NaN/],
    ];
    const { code, stdout, stderr } = await cli.run(...bad.map(([song]) => song), "../song.wav");
    expect({ code, stdout }).toEqual({ code: 1, stdout: `${join("separated", model, "song")}\n` });
    expect(await cli.written()).toEqual(stemsOf("song"));
    for (const [, message] of bad) {
      const lines = stderr.split("\n");
      const at = lines.findIndex((line) => message.test(line));
      expect(lines[at]).toMatch(/^xumx-slicq: \S/);
      expect(lines[at + 1]).toMatch(/^ {2}\S/);
    }
    const ending = stderr.split("\n").slice(-bad.length - 2);
    expect(ending[0]).toMatch(/^1 separated, 7 failed, in \d/);
    for (const [, message] of bad) {
      expect(ending.slice(1, -1).filter((line) => message.test(line))).toHaveLength(1);
    }
  });

  it.each([
    ["a missing file", 1, ["../missing.wav"], /missing\.wav does not exist/],
    ["an unknown model", 1, ["../song.wav", "--model", "nope"], /no model "nope"/],
    ["broken weights", 1, ["../song.wav", "-m", "../weights.safetensors"], /weights\.safetensors/],
    [
      "a file in place of the output",
      1,
      ["../song.wav", "-o", "../text.wav"],
      /text\.wav.*cannot be/,
    ],
    [
      "songs whose outputs would all be one file",
      2,
      ["../song.wav", "../nan.wav", "--filename", "one {stem}"],
      /song\.wav and .*nan\.wav would both be written to/,
    ],
    [
      "a song that would be overwritten",
      2,
      ["../song.wav", "-o", "..", "--filename", "{track}", "--stems", "bass"],
      /would overwrite/,
    ],
    ["four stems into stdout", 2, ["../song.wav", "-o", "-"], /stdout/],
  ])("%s", async (_, expected, args, message) => {
    const { code, stdout, stderr } = await cli.run("demix", ...args);
    expect({ code, stdout }).toEqual({ code: expected, stdout: "" });
    const [line, hint, ...rest] = stderr
      .replace(/^model: .*\n/, "")
      // Of two songs, the second says the same again, and then come the counts.
      .replace(/(?<=^xumx.*\n .*\n)xumx[\s\S]*$/, "")
      .split("\n");
    expect(line).toMatch(/^xumx-slicq: \S/);
    expect(line).toMatch(message);
    expect(hint).toMatch(/^ {2}\S/);
    expect(rest).toEqual([""]);
    expect(await cli.written()).toEqual([]);
    await expect(readFile(join(cli.inputs, "song.wav"))).resolves.toHaveLength(529244);
  });

  it.each([
    ["an unknown command", ["nonsense"], "nonsense"],
    ["half a thread", ["demix", "../song.wav", "--threads", "1.5"], "--threads"],
  ])("%s", async (_, args, name) => {
    const { code, stdout, stderr } = await cli.run(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^error: .*\n\(--help shows how it is used\)\n$/);
    expect(stderr).toContain(name);
    expect(await cli.written()).toEqual([]);
  });
});

it.skipIf(process.platform === "win32")(
  "a working folder that is gone is told, not a stack",
  () => {
    const script = `mkdir gone && cd gone && rmdir ../gone && exec "$0" "$1" demix ../../song.wav`;
    const { status, stderr } = spawnSync("sh", ["-c", script, process.execPath, program], {
      cwd: cli.folder,
      encoding: "utf8",
    });
    expect(stderr).toBe(
      "xumx-slicq: The folder that this shell is in does not exist any more.\n" +
        "  Go to another one (cd), and try again.\n",
    );
    expect(status).toBe(1);
  },
);
