import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { completionScript } from "./completion.ts";
import { createProgram } from "./program.ts";

const program = await createProgram();
const folder = mkdtempSync(join(tmpdir(), "xumx-completion-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function has(shell: string): boolean {
  return spawnSync(shell, ["-c", ":"]).status === 0;
}

/** What bash would offer for the last of some words. */
function offered(...words: readonly string[]): readonly string[] {
  const script = `${completionScript(program, "bash")}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length - 1}
_xumx_slicq; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = spawnSync("bash", ["--norc"], {
    input: script,
    cwd: folder,
    encoding: "utf8",
  });
  return stdout.split("\n").filter((line) => line !== "");
}

describe("completion", () => {
  it.each(["bash", "zsh", "fish", "powershell"] as const)(
    "%s: a script of all commands",
    (shell) => {
      const script = completionScript(program, shell);
      for (const command of program.commands) expect(script).toContain(command.name());
      for (const text of ["two-stems", "wiener-em", "verify"]) expect(script).toContain(text);
    },
  );

  for (const shell of ["bash", "zsh", "fish"] as const) {
    it.skipIf(!has(shell))(`${shell} can read its script`, () => {
      const path = join(folder, `script.${shell}`);
      writeFileSync(path, completionScript(program, shell));
      const { status, stderr } = spawnSync(shell, ["-n", path], { encoding: "utf8" });
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    });
  }

  it.skipIf(!has("bash"))("offers commands, options, their values, and files", () => {
    writeFileSync(join(folder, "a song.wav"), "");
    expect(offered("xumx-slicq", "de")).toEqual(["demix"]);
    expect(offered("xumx-slicq", "a")).toEqual(["app", "aggregate", "a song.wav"]);
    expect(offered("xumx-slicq", "demix", "--su")).toEqual(["--sum-to-mix"]);
    expect(offered("xumx-slicq", "demix", "x.wav", "--format", "f")).toEqual(["flac"]);
    expect(offered("xumx-slicq", "models", "pu")).toEqual(["pull"]);
    expect(offered("xumx-slicq", "completion", "z")).toEqual(["zsh"]);
    expect(offered("xumx-slicq", "demix", "--start", "4", "a")).toEqual(["a song.wav"]);
  });
});
