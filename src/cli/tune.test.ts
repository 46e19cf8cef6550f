import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterAll, beforeAll, expect, it } from "vitest";
import { writeSongs } from "../training/data/testing/songs.ts";
import { savedRecipe } from "../training/loop/index.ts";
import { addTuneCommand } from "./tune.ts";

const root = mkdtempSync(join(tmpdir(), "xumx-tune-cli-"));
const data = join(root, "songs");
const out = join(root, "out");
beforeAll(() => writeSongs(data, 3, 12000));
afterAll(() => {
  process.exitCode = 0;
  rmSync(root, { recursive: true, force: true });
});

/** Runs the command as if from the command line. */
async function run(...args: readonly string[]): Promise<void> {
  const program = new Command().exitOverride().configureOutput({ writeErr: () => {} });
  addTuneCommand(program);
  for (const command of program.commands)
    command.exitOverride().configureOutput({ writeErr: () => {} });
  const places = ["--data", data, "--out", out, "--cache", join(root, "cache")];
  const small =
    "--realtime --fscale mel --fbins 10 --fmin 200 --time-taps 2 --seq-dur 0.15 --batch-size 2 " +
    "--samples-per-track 2 --epochs 1 --nb-workers 0 --threads 1 --quiet";
  await program.parseAsync(["tune", ...places, ...small.split(" "), ...args], { from: "user" });
}

it("trains with the options of train, those that are searched in their place, and leaves table and picture", async () => {
  await run(
    "--try",
    "hidden=3,4|4,3",
    "--try",
    "lr=1e-3..1e-2:log",
    "--trials",
    "2",
    "--rungs",
    "1",
  );
  const rows = readFileSync(join(out, "trials.tsv"), "utf8").trim().split("\n");
  const [head, ...trials] = rows.map((row) => row.split("\t"));
  expect(head.slice(0, 5)).toEqual(["trial", "epochs", "loss", "hidden", "lr"]);
  expect(trials).toHaveLength(2);
  for (const [trial, epochs, loss, hidden, lr] of trials) {
    expect([epochs, Number(loss) > 0]).toEqual(["1", true]);
    expect(await savedRecipe(join(out, `trial-${trial}`))).toMatchObject({
      scale: { name: "mel", bins: 10 },
      hidden: hidden.split(",").map(Number),
      learningRate: Number(lr),
    });
  }
  expect(readFileSync(join(out, "trials.svg"), "utf8")).toContain("2 trials");
});

it.each([
  ["what train does not know", "colour=red|blue", /no setting of a training/],
  ["what is the same for all trials", "epochs=1..9:whole", /no setting of a training/],
  ["what cannot be read", "lr=fast", /no setting to search/],
])("refuses to search %s", async (_, setting, message) => {
  await expect(run("--try", setting)).rejects.toThrow(message);
});
