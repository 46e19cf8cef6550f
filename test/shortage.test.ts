/** What the program says when the machine lacks what it needs. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";

const program = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));

beforeAll(() => {
  if (!existsSync(program)) throw new Error("dist is missing: run `npm run build` first.");
});

/** Runs a line of the shell; `xumx` in it is the program. */
function run(line: string): Promise<{ code: number | null; said: string }> {
  return new Promise((resolve) => {
    const xumx = `xumx() { exec '${process.execPath}' '${program}' "$@"; }`;
    const child = spawn("sh", ["-c", `${xumx}; ${line}`], { timeout: 60_000 });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (data) => {
        said += data;
      });
    }
    child.on("close", (code) => resolve({ code, said }));
  });
}

describe.skipIf(process.platform !== "linux")("the program", () => {
  it("says that too many files are open, and how to allow more", async () => {
    // Enough for the program to start, too little for threads and models.
    const song = fileURLToPath(new URL("fixtures/audio/vorbis-44100-2.ogg", import.meta.url));
    const line = `ulimit -n 28; xumx demix '${song}' -o "$(mktemp -d)" --quiet`;
    expect(await run(line)).toEqual({
      code: 1,
      said:
        "xumx-slicq: There are too many open files.\n" +
        "  Allow more (ulimit -n 1024), or close other programs.\n",
    });
  });

  it("says that the working folder was removed", async () => {
    const line = `cd "$(mktemp -d)" && rmdir "$PWD" && xumx models`;
    expect(await run(line)).toEqual({
      code: 1,
      said:
        "xumx-slicq: The folder that this shell is in does not exist any more.\n" +
        "  Go to another one (cd), and try again.\n",
    });
  });
});
