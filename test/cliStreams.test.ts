/** Pipes, terminals and signals: where songs come from, where text goes, and what ends the program. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createReadStream, existsSync, openSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openAudio } from "../src/audio/index.ts";
import { readAll } from "../src/audio/testing/signals.ts";
import { CommandLine, end, model, program, sleep, stemsOf } from "./testing/commandLine.ts";

const cli = new CommandLine();

describe("streams", () => {
  it("a song from stdin, a stem to stdout, and nothing else there", async () => {
    const args = [
      "-",
      "--name",
      "My song",
      "--stems",
      "drums",
      "--start",
      "0.05",
      "--duration",
      "0.1",
      "-o",
      "-",
    ];
    const child = cli.startWith({ stdio: ["pipe", "pipe", "pipe"] }, ...args);
    if (child.stdin) createReadStream(join(cli.inputs, "chirps.flac")).pipe(child.stdin);
    const parts: Buffer[] = [];
    child.stdout?.on("data", (part: Buffer) => parts.push(part));
    const [code] = await once(child, "close");
    expect(code).toBe(0);
    await writeFile(join(cli.folder, "piped.wav"), Buffer.concat(parts));
    const source = await openAudio(join(cli.folder, "piped.wav"));
    const piped = await readAll(source);
    await cli.run("demix", "../chirps.flac", ...args.slice(1, -1), "files", "--filename", "{stem}");
    const file = await openAudio(join(cli.folder, "files", "drums.wav"));
    expect(await readAll(file)).toEqual(piped);
    expect(piped[0]).toHaveLength(4410);
    expect(await cli.written()).toEqual([join("files", "drums.wav"), "piped.wav"]);
  });

  it("a reader that goes before the song ends is the song's failure, and ends the work", async () => {
    const child = cli.start("../long.wav", "--stems", "drums", "-o", "-");
    child.stdout?.once("data", () => child.stdout?.destroy());
    const { code, stderr } = await end(child);
    expect(stderr).toMatch(/the output stream was closed before the audio ended/);
    expect(code).toBe(1);
  });

  it("what is no song is told with stdin's name", async () => {
    const child = cli.startWith({ stdio: ["pipe", "pipe", "pipe"] }, "-");
    child.stdin?.end("Dear diary");
    const { code, stderr } = await end(child);
    expect(code).toBe(1);
    expect(stderr).toMatch(/stdin is not audio/);
  });
});

describe("interruptions", () => {
  // Windows has no signals that a process could send to another.
  it.skipIf(process.platform === "win32").each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
    ["SIGQUIT", 131],
  ] as const)(
    "%s in the middle of a song ends it soon, by its code, and leaves nothing",
    async (signal, expected) => {
      const child = cli.start("demix", "../long.wav", "--threads", "1");
      const ending = end(child);
      while (child.exitCode === null && (await cli.written()).length < 4) await sleep(20);
      // All of them still in a hidden folder.
      expect((await cli.written()).every((path) => /[\\/]\.[^\\/]+[\\/]/.test(path))).toBe(true);
      const sent = performance.now();
      child.kill(signal);
      const { code, signal: ended, stdout, stderr } = await ending;
      const seconds = (performance.now() - sent) / 1e3;
      console.log(`${signal}: ended after ${seconds.toFixed(2)} s`);
      // A busy machine cannot end in order in time; then the signal itself does it, which shells show as the same code.
      expect([expected, signal]).toContain(code ?? ended);
      expect(stdout).toBe("");
      expect(stderr).toMatch(/^Interrupted/m);
      expect(await readdir(cli.folder)).toEqual([]);
      // About a second; more is granted to a busy machine.
      expect(seconds).toBeLessThan(5);
    },
  );

  it.skipIf(process.platform === "win32")("a second Ctrl-C ends it at once", async () => {
    const child = cli.start("demix", "../long.wav", "--threads", "1");
    const ending = end(child);
    while (child.exitCode === null && (await cli.written()).length < 4) await sleep(20);
    child.kill("SIGINT");
    await sleep(5);
    child.kill("SIGINT");
    const { code, signal } = await ending;
    // Either the first was quick enough, or the second ended it as if there were no handler.
    expect([130, "SIGINT"]).toContain(code ?? signal);
    expect(await readdir(cli.folder)).toEqual([]);
  });

  it.each(["stdout", "stderr"] as const)(
    "a reader of %s that has gone stops nothing: every song is separated",
    async (name) => {
      const child = cli.start("demix", "../song.wav", "../chirps.flac");
      child[name]?.destroy();
      const { code, stderr } = await end(child);
      expect(stderr).not.toMatch(/^\s+at /m);
      expect(code).toBe(0);
      expect(await cli.written()).toEqual([...stemsOf("chirps"), ...stemsOf("song")]);
    },
  );
});

describe.skipIf(!existsSync("/dev/full"))("a standard output that cannot be written", () => {
  const full = () => openSync("/dev/full", "w");
  const told = /^xumx-slicq: stdout cannot be written: .*ENOSPC.*\n {2}\S/m;

  it("stops no batch where it is only the log; it is told, and a failure in the end", async () => {
    for (const json of [[], ["--json"]]) {
      const stdio = ["ignore", full(), "pipe"] as const;
      const args = ["../song.wav", "../chirps.flac", "--stems", "bass", ...json];
      const { code, stderr } = await end(cli.startWith({ stdio: [...stdio] }, ...args));
      expect(stderr).toMatch(told);
      expect(stderr).not.toMatch(/^\s+at /m);
      expect(code).toBe(1);
      expect(await cli.written()).toEqual([
        ...["chirps", "song"].map((track) => join("separated", model, track, "bass.wav")),
      ]);
    }
  });

  it("is the song's failure where the song goes there, and leaves nothing", async () => {
    for (const depth of ["float32", "int16"]) {
      const temporary = join(cli.folder, "tmp");
      await mkdir(temporary, { recursive: true });
      const env = { ...process.env, TMPDIR: temporary };
      const args = ["-", "--stems", "bass", "-o", "-", "--depth", depth];
      const child = cli.startWith({ stdio: ["pipe", full(), "pipe"], env }, ...args);
      if (child.stdin) createReadStream(join(cli.inputs, "song.wav")).pipe(child.stdin);
      const { code, stderr } = await end(child);
      expect(code).toBe(1);
      expect(stderr).toMatch(told);
      expect(stderr).not.toMatch(/^\s+at /m);
      expect(await readdir(temporary)).toEqual([]);
    }
  });

  it.each([
    ["--version"],
    ["--help"],
    ["models"],
    ["models", "list", "--json"],
    ["models", "path", model],
    ["completion", "bash"],
    ["spectrogram", "../song.wav", "-o", "-"],
  ])("is a failure of %s %s %s", async (...args) => {
    const { code, stderr } = await end(
      cli.startWith({ stdio: ["ignore", full(), "pipe"] }, ...args),
    );
    expect(stderr).toMatch(told);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(code).toBe(1);
  });

  it("is one too where a part was written", async () => {
    const limited = `trap "" XFSZ; ulimit -f 2; exec "$0" "$@" > script`;
    const child = spawn("bash", ["-c", limited, process.execPath, program, "completion", "bash"], {
      ...{ cwd: cli.folder, stdio: ["ignore", "pipe", "pipe"] },
    });
    const { code, stderr } = await end(child);
    expect(stderr).toMatch(/stdout cannot be written: .*EFBIG/);
    expect(code).toBe(1);
    expect((await readFile(join(cli.folder, "script"))).length).toBe(2048);
  });

  it("of messages is nobody's loss: all songs are separated", async () => {
    const stdio = ["ignore", "pipe", full()] as const;
    const { code, stdout } = await end(cli.startWith({ stdio: [...stdio] }, "../song.wav"));
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${join("separated", model, "song")}\n` });
  });
});
