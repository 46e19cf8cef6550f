import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterAll, beforeAll, expect, it } from "vitest";
import { namedAudiogram } from "../evaluation/index.ts";
import { loadModel } from "../models/index.ts";
import { formulaSlicq1 } from "../networks/slicq1/testing/formulaSlicq1.ts";
import { writeSongs } from "../training/data/testing/songs.ts";
import { checkRecipe, originalRecipe, savedRecipe } from "../training/loop/index.ts";
import { originalSizes, trainingOf } from "../training/umx/sizes.ts";
import { addExportCommand } from "./export.ts";
import { haaqiOf } from "./lossFlags.ts";
import { recipeOf, startingRecipe, type TrainFlags } from "./recipeFlags.ts";
import { addTrainCommand } from "./train.ts";

const root = mkdtempSync(join(tmpdir(), "xumx-train-cli-"));
const data = join(root, "songs");
const out = join(root, "out");
beforeAll(() => writeSongs(data, 3, 12000));
afterAll(() => {
  process.exitCode = 0;
  rmSync(root, { recursive: true, force: true });
});

/** Runs the program as if from the command line. */
async function run(...args: readonly string[]): Promise<void> {
  const program = new Command().exitOverride().configureOutput({ writeErr: () => {} });
  addTrainCommand(program);
  addExportCommand(program);
  for (const command of program.commands) {
    command.exitOverride().configureOutput({ writeErr: () => {} });
  }
  await program.parseAsync(args, { from: "user" });
}

const places = ["--data", data, "--out", out, "--cache", join(root, "cache")];
const small =
  "--realtime --fscale mel --fbins 10 --fmin 200 --hidden 3,4 --time-taps 2 --seq-dur 0.15 --batch-size 2 " +
  "--samples-per-track 2 --epochs 1 --nb-workers 0 --threads 1 --preview-every 0 --lr-decay-gamma 0.5 " +
  "--augment polarity,gain --ema 0.5 --clip 2 --accumulate 2 --warmup 3 --sdr-mcoef -1 --time-limit 2h";

it("follows its options, goes on with --resume, and leaves what export can write", async () => {
  await run("train", ...places, ...small.split(" "));
  expect(await savedRecipe(out)).toMatchObject({
    scale: { name: "mel", bins: 10, fmin: 200, gamma: 0 },
    realtime: true,
    hidden: [3, 4],
    timeTaps: 2,
    excerpt: 0.15,
    batch: 2,
    augmentations: ["polarity", "gain"],
    schedule: { kind: "plateau", factor: 0.5, patience: 80 },
    losses: { sdrWeight: 0 },
    ema: 0.5,
    clip: 2,
    accumulate: 2,
    warmUp: 3,
    weightDecay: 1e-5,
    seed: 42,
  });

  const deaf = run("train", ...places, "--haaqi-weight", "2");
  await expect(deaf).rejects.toThrow(/HAAQI is not among the losses/);
  const changed = run("train", ...places, "--resume", "--lr", "0.5", "--nb-workers", "0");
  await expect(changed).rejects.toThrow(/learningRate differ/);
  const again = ["--resume", "--epochs", "2", "--nb-workers", "0", "--preview-every", "0"];
  await run("train", ...places, ...again);
  const { config } = await loadModel(out);
  expect(config).toMatchObject({ name: "out", realtime: true });
  expect((await savedRecipe(out))?.epochs).toBe(2);

  await run("export", join(out, "checkpoint.safetensors"), "-o", join(root, "last.safetensors"));
  expect((await loadModel(join(root, "last.safetensors"))).config.training?.epochs).toBe(2);
  await run("export", out, "--format", "pth", "-o", join(root, "pth", "xumx_slicq_v2.pth"));
  expect(readdirSync(join(root, "pth"))).toEqual(["xumx_slicq_v2.json", "xumx_slicq_v2.pth"]);
});

it("fine-tunes the network of given weights, with a warm-up", async () => {
  const tuned = ["--data", data, "--out", join(root, "tuned"), "--cache", join(root, "cache")];
  const options = "--seq-dur 0.15 --batch-size 2 --samples-per-track 1 --epochs 1 --nb-workers 0";
  const watched = ["--preview-every", "0", "--init", out];
  await run("train", ...tuned, ...options.split(" "), ...watched);
  expect(await savedRecipe(join(root, "tuned"))).toMatchObject({
    scale: { name: "mel", bins: 10 },
    realtime: true,
    hidden: [3, 4],
    timeTaps: 2,
    warmUp: 100,
  });
});

it("takes HAAQI among the losses, with who listens and to how much", async () => {
  const file = join(root, "ears.json");
  const ears = { audiogram_cfs: [250, 4000], audiogram_levels_l: [10, 50] };
  writeFileSync(file, JSON.stringify({ ...ears, audiogram_levels_r: [20, 60] }));
  const recipe = async (...args: readonly string[]) => {
    const flags = trainFlags(...args);
    return recipeOf(flags, originalRecipe, await haaqiOf(flags, undefined));
  };
  expect((await recipe("--loss", "sdr,haaqi")).losses).toMatchObject({
    spectral: "sdr",
    haaqi: { weight: 1, audiograms: "random", channels: 4, level: 65 },
  });
  const options = ["--haaqi-weight", "0.5", "--haaqi-channels", "2", "--haaqi-level", "70"];
  const list = ["--haaqi-audiograms", `mild,${file}`];
  expect((await recipe("--loss", "haaqi,complex", ...options, ...list)).losses.haaqi).toEqual({
    weight: 0.5,
    audiograms: [
      namedAudiogram("mild"),
      { frequencies: [250, 4000], levels: [10, 50] },
      { frequencies: [250, 4000], levels: [20, 60] },
    ],
    channels: 2,
    level: 70,
  });
  await expect(recipe("--loss", "sdr,haaqi", "--haaqi-audiograms", "nobody")).rejects.toMatchObject(
    { code: "not-found" },
  );
});

it("trains networks of whole songs, of the targets and sizes that are asked for", async () => {
  const folder = join(root, "song-network");
  const own = ["--data", data, "--out", folder, "--cache", join(root, "cache")];
  const sizes = "--family umx --target vocals --hidden 8 --nfft 512 --nhop 128 --bandwidth 9000";
  const rest = "--seq-dur 0.1 --batch-size 2 --samples-per-track 1 --epochs 1 --nb-workers 0";
  const watched = ["--preview-every", "0", "--unidirectional"];
  await run("train", ...own, ...sizes.split(" "), ...rest.split(" "), ...watched);
  const recurrent = {
    targets: ["vocals"],
    frameLength: 512,
    hop: 128,
    hidden: 8,
    unidirectional: true,
  };
  expect(await savedRecipe(folder)).toMatchObject({
    family: "umx",
    recurrent: { ...recurrent, bandwidth: 9000 },
    patience: 140,
  });
  const model = await loadModel(folder);
  expect(model.config).toMatchObject({ family: "umx", targets: ["vocals"], frameLength: 512 });
  const { recurrent: again } = startingRecipe(trainFlags(), model);
  expect(again).toMatchObject(recurrent);
  expect(trainingOf("umx", again ?? originalSizes.umx).architecture.maxBin).toBe(
    model.state.get("vocals.input_mean")?.shape[0],
  );
  const pair = run("train", ...own, "--family", "xumx", "--hidden", "50,51");
  await expect(pair).rejects.toThrow(/takes one number/);
  await expect(run("train", ...places, "--hidden", "50")).rejects.toThrow(/takes two numbers/);
});

it("has the recipe of version 1, of the bandwidth that is asked for, and refuses what is not for it", async () => {
  const flags = trainFlags("--family", "slicq1", "--bandwidth", "9000");
  const recipe = recipeOf(flags, startingRecipe(flags, undefined), undefined);
  expect(recipe).toMatchObject({
    ...{ family: "slicq1", bandwidth: 9000, excerpt: 1, batch: 32 },
    scale: { name: "bark", bins: 262, fmin: 32.9, gamma: 25 },
    losses: { spectral: "magnitude", sdrWeight: 0.1 },
  });
  expect(() => checkRecipe(recipe)).not.toThrow();
  expect(() => checkRecipe({ ...recipe, realtime: true })).toThrow(/without a phase step/);
  expect(() => checkRecipe({ ...recipe, timeTaps: 3 })).toThrow(/have one size/);
  const linear = { ...recipe, scale: { ...recipe.scale, name: "linear" } } as const;
  expect(() => checkRecipe(linear)).toThrow(/linear is none/);
  const { config, state } = formulaSlicq1({
    family: "slicq1",
    scale: { name: "oct", bins: 2, fmin: 300, gamma: 25 },
    bandwidth: 2000,
  });
  const again = startingRecipe(trainFlags(), { config, state });
  expect(again).toMatchObject({ family: "slicq1", scale: { name: "oct" }, bandwidth: 2000 });
  expect(() => checkRecipe(again)).not.toThrow();
});

/** The options of a command line, parsed. */
function trainFlags(...args: readonly string[]): TrainFlags {
  const program = new Command();
  addTrainCommand(program);
  const [command] = program.commands;
  command.action(() => {});
  program.parse(["train", ...places, ...args], { from: "user" });
  return command.opts();
}

it.each([
  ["--batch-size", "0"],
  ["--batch-size", "two"],
  ["--lr", ""],
  ["--hidden", "50,51,52"],
  ["--bandwidth", "wide"],
  ["--fscale", "oct"],
  ["--augment", "echo"],
  ["--time-limit", "soon"],
  ["--ema", "2"],
  ["--loss", "sdr,complex"],
  ["--loss", "haaqi"],
  ["--loss", "sdr,hasqi"],
  ["--haaqi-level", "200"],
])("refuses %s %j", async (flag, value) => {
  await expect(run("train", ...places, flag, value)).rejects.toMatchObject({
    code: "commander.invalidArgument",
  });
});
