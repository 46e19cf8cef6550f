import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { namedAudiogram } from "../../metrics/index.ts";
import { loadModel } from "../../models/index.ts";
import { Separator } from "../../separation/index.ts";
import { readCheckpoint } from "../checkpoint/checkpoint.ts";
import { writeSongs } from "../data/testing/songs.ts";
import type { HaaqiTraining } from "../settings.ts";
import { originalSizes, type RecurrentSizes } from "../umx/sizes.ts";
import {
  coupledRecipe,
  originalRecipe,
  type Recipe,
  type Report,
  runFiles,
  slicq1Recipe,
  type TrainSettings,
  train,
  umxRecipe,
} from "./index.ts";

const root = mkdtempSync(join(tmpdir(), "xumx-train-"));
const data = join(root, "songs");
beforeAll(() => writeSongs(data, 4, 12000));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A tiny network on the smallest transform. */
const recipe: Recipe = {
  ...originalRecipe,
  scale: { name: "mel", bins: 10, fmin: 200, gamma: 0 },
  realtime: true,
  hidden: [3, 4],
  timeTaps: 2,
  excerpt: 0.15,
  batch: 2,
  samplesPerTrack: 2,
  epochs: 3,
};

function settings(out: string, changes: Partial<TrainSettings> = {}): TrainSettings {
  return {
    recipe,
    out: join(root, out),
    name: "tiny",
    data: [data],
    cache: join(root, "cache"),
    workers: 0,
    threads: 1,
    previewEvery: 0,
    ...changes,
  };
}

/** Tensors, arrays and progress of a folder's checkpoint, without times. */
async function saved(out: string) {
  const checkpoint = await readCheckpoint(join(root, out, runFiles.checkpoint));
  const facts = JSON.stringify(checkpoint?.facts, (key, value) =>
    key === "seconds" ? undefined : value,
  );
  return { state: checkpoint?.state, arrays: checkpoint?.arrays, facts: JSON.parse(facts) };
}

/** Stops a training after a number of batches. */
function stopAfter(batches: number) {
  const controller = new AbortController();
  let seen = 0;
  const onReport = (report: Report) => {
    if (report.kind === "update" && ++seen === batches) controller.abort();
  };
  return { signal: controller.signal, onReport };
}

/** A small band-coupled network. */
const bands: Recipe = {
  ...coupledRecipe,
  scale: { name: "bark", bins: 16, fmin: 300, gamma: 0 },
  sizes: {
    cellsPerFrame: 2,
    bandCells: 6,
    bandBins: 4,
    channels: 3,
    dilations: [1, 2],
    headChannels: 4,
  },
  excerpt: 0.15,
  batch: 2,
  samplesPerTrack: 2,
  epochs: 3,
};

/** Small networks of whole songs. */
const songs: Recipe = {
  ...umxRecipe,
  // Of the pictures of previews.
  scale: { name: "mel", bins: 10, fmin: 200, gamma: 0 },
  recurrent: {
    targets: ["vocals", "bass"],
    frameLength: 512,
    hop: 128,
    hidden: 8,
    unidirectional: false,
    bandwidth: 8000,
  },
  excerpt: 0.1,
  batch: 2,
  samplesPerTrack: 2,
  epochs: 3,
};
const bridged: Recipe = {
  ...songs,
  family: "xumx",
  recurrent: { ...songs.recurrent, ...originalSizes.xumx, frameLength: 512, hop: 128, hidden: 8 },
};

/** A small network of version 1. */
const first: Recipe = {
  ...slicq1Recipe,
  scale: { name: "bark", bins: 10, fmin: 300, gamma: 25 },
  // One block of bins.
  bandwidth: 500,
  excerpt: 0.15,
  batch: 2,
  samplesPerTrack: 1,
  epochs: 3,
  validation: { piece: 0.3, middle: true, batch: 1 },
};

const recipes: [string, Recipe][] = [
  ["version 1", { ...first, ema: 0.9 }],
  ["Open-Unmix", { ...songs, ema: 0.9 }],
  ["X-UMX", bridged],
  ["a band-coupled network", bands],
  ["the original's way", recipe],
  [
    "offline, with a loss of waveforms, averages, accumulation, clipping, cosine and augmentation",
    {
      ...recipe,
      realtime: false,
      losses: { ...recipe.losses, sdrWeight: 0.1 },
      ema: 0.9,
      accumulate: 2,
      clip: 0.5,
      schedule: { kind: "cosine", least: 0.1 },
      warmUp: 2,
      augmentations: ["pitch", "equaliser", "gain", "swap", "silence"],
      coherent: 0.3,
    },
  ],
];

describe.each(recipes)("training %s", (label, recipe) => {
  it("in three pieces equals training in one, bit for bit", async () => {
    const one = `one ${label}`;
    const pieces = `pieces ${label}`;
    const whole = await train(settings(one, { recipe }));
    expect(whole).toMatchObject({ reason: "epochs", epochs: 3 });
    const first = await train(settings(pieces, { recipe, ...stopAfter(2) }));
    expect(first.reason).toBe("aborted");
    const limited = { recipe, resume: true, timeLimit: 0 };
    expect((await train(settings(pieces, limited))).reason).toBe("time-limit");
    const last = await train(settings(pieces, { recipe, resume: true }));
    expect(last).toEqual(whole);
    const [a, b] = [await saved(one), await saved(pieces)];
    expect(a.arrays?.size).toBe(recipe.ema ? 4 : 2);
    expect(b).toEqual(a);
    const model = (out: string) => readFileSync(join(root, out, runFiles.model));
    expect(model(pieces).equals(model(one))).toBe(true);
  });
});

it("with HAAQI, stopped on the way, equals one in one piece, bit for bit", async () => {
  const audiograms = [namedAudiogram("mild"), namedAudiogram("moderate")];
  const hearing: Recipe = {
    ...recipe,
    losses: { ...recipe.losses, haaqi: { weight: 1, audiograms, channels: 1, level: 65 } },
    excerpt: 0.5,
    batch: 1,
    samplesPerTrack: 1,
    epochs: 1,
  };
  await train(settings("heard", { recipe: hearing, skipStatistics: true }));
  const stopped = { recipe: hearing, skipStatistics: true, ...stopAfter(1) };
  expect((await train(settings("heard twice", stopped))).reason).toBe("aborted");
  await train(settings("heard twice", { recipe: hearing, resume: true }));
  expect(await saved("heard twice")).toEqual(await saved("heard"));
  const others = { ...hearing, losses: { ...recipe.losses } };
  await expect(train(settings("heard", { recipe: others, resume: true }))).rejects.toThrow(
    /other settings: losses differ/,
  );
});

describe("a training", () => {
  it.each([
    { realtime: false, phase: "mix", stamped: { method: "mix", normalised: true } },
    { realtime: true, phase: "wiener-em", stamped: { method: "wiener-em" } },
  ] as const)("leaves a model with the phase step it was trained by: %o", async (variant) => {
    const { stamped, ...own } = variant;
    const once = { ...recipe, ...own, samplesPerTrack: 1, epochs: 1 };
    await train(settings(`phase-${own.phase}`, { recipe: once, skipStatistics: true }));
    const { config } = await loadModel(join(root, `phase-${own.phase}`));
    expect(config.phase).toMatchObject(stamped);
  });

  it("lowers its loss, reports, and leaves a model that separates", async () => {
    const reports: Report[] = [];
    const onReport = (report: Report) => reports.push(report);
    const longer = { ...recipe, samplesPerTrack: 16, learningRate: 5e-3 };
    const outcome = await train(
      settings("whole", { recipe: longer, previewEvery: 2, onReport, skipStatistics: true }),
    );
    const epochs = reports.flatMap((said) => (said.kind === "epoch" ? [said] : []));
    const losses = epochs.map(({ result }) => result.validLoss);
    console.log(`validation losses: ${losses.map((loss) => loss.toFixed(4)).join(", ")}`);
    expect(losses[2]).toBeLessThan(losses[0]);
    expect(outcome.best?.loss).toBe(Math.min(...losses));
    expect(Object.keys(epochs[0].sdr).sort()).toEqual(["bass", "drums", "other", "vocals"]);
    const updates = reports.filter(({ kind }) => kind === "update");
    expect(updates).toHaveLength(3 * 24);

    const folder = join(root, "whole");
    const names = readdirSync(folder).map((name) => name.replace(/^events.*/, "events"));
    expect(names.sort()).toEqual(["events", ...Object.values(runFiles)].sort());
    const log = readFileSync(join(folder, runFiles.log), "utf8");
    expect(log).toMatch(/start from random weights: 3 songs to train with, 1 to validate on/);
    expect(log).toMatch(/epoch 3 {2}train 0\.\d+ {2}valid 0\.\d+/);
    const summary = JSON.parse(readFileSync(join(folder, runFiles.summary), "utf8"));
    expect(summary.history).toHaveLength(3);

    const model = await loadModel(folder);
    expect(model.config.training).toMatchObject({ bestEpoch: outcome.best?.epoch });
    await using separator = await Separator.create(model);
    const song: [Float32Array, Float32Array] = [new Float32Array(5000), new Float32Array(5000)];
    expect((await separator.separate(song)).bass[0]).toHaveLength(5000);
  });

  it("of a band-coupled network leaves a model that separates", async () => {
    const longer = { ...bands, samplesPerTrack: 8, learningRate: 5e-3, warmUp: 0 };
    const outcome = await train(settings("bands", { recipe: longer, previewEvery: 3 }));
    expect(outcome.reason).toBe("epochs");
    const { history } = JSON.parse(readFileSync(join(root, "bands", "training.json"), "utf8"));
    expect(history[2].trainLoss).toBeLessThan(history[0].trainLoss);
    const model = await loadModel(join(root, "bands"));
    expect(model.config).toMatchObject({ family: "coupled", sizes: bands.sizes });
    const again = { ...bands, epochs: 1, learningRate: 1e-12, weightDecay: 0 };
    await train(settings("bands again", { recipe: again, init: model }));
    await using separator = await Separator.create(await loadModel(join(root, "bands again")));
    const song: [Float32Array, Float32Array] = [new Float32Array(5000), new Float32Array(5000)];
    expect((await separator.separate(song)).bass[0]).toHaveLength(5000);
  });

  it.each([
    ["umx", songs],
    ["xumx", bridged],
  ] as const)(
    "of the family %s leaves a model that separates, and starts another",
    async (family, recipe) => {
      const longer = { ...recipe, samplesPerTrack: 8, learningRate: 5e-3 };
      const outcome = await train(
        settings(family, { recipe: longer, previewEvery: family === "umx" ? 3 : 0 }),
      );
      expect(outcome.reason).toBe("epochs");
      const { history } = JSON.parse(readFileSync(join(root, family, "training.json"), "utf8"));
      expect(history[2].trainLoss).toBeLessThan(history[0].trainLoss);
      const model = await loadModel(join(root, family));
      expect(model.config).toMatchObject({ family, targets: recipe.recurrent?.targets, hop: 128 });
      expect(model.config.phase).toBeUndefined();
      const again = { ...recipe, epochs: 1, learningRate: 1e-12, weightDecay: 0 };
      await train(settings(`${family} again`, { recipe: again, init: model }));
      if (recipe.family === "umx" && recipe.recurrent) {
        const alone = { ...again, recurrent: { ...recipe.recurrent, targets: ["bass"] } };
        await train(settings("alone", { recipe: alone, init: model }));
        expect((await loadModel(join(root, "alone"))).config.targets).toEqual(["bass"]);
      }
      await using separator = await Separator.create(
        await loadModel(join(root, `${family} again`)),
      );
      const song: [Float32Array, Float32Array] = [new Float32Array(5000), new Float32Array(5000)];
      const stems = await separator.separate(song);
      for (const target of recipe.recurrent?.targets ?? []) {
        expect(new Map<string, unknown>(Object.entries(stems)).get(target)).toBeDefined();
      }
      const other = { ...recipe, recurrent: { ...originalSizes[family], hidden: 16 } };
      const unlike = train(settings(`${family} other`, { recipe: other, init: model }));
      await expect(unlike).rejects.toMatchObject({ code: "weights-mismatch" });
    },
  );

  it("stops when the loss is no number, and keeps the checkpoint before", async () => {
    const wild = { ...recipe, learningRate: 1e30 };
    const outcome = await train(settings("wild", { recipe: wild, checkpointEvery: 0 }));
    expect(outcome).toMatchObject({ reason: "diverged", epochs: 0, updates: 1 });
    const { state, facts } = await saved("wild");
    expect(facts.progress.updates).toBe(1);
    for (const tensor of state?.values() ?? []) {
      if (tensor.dtype === "f32") expect(tensor.data.every(Number.isFinite)).toBe(true);
    }
  });

  it("ends when patience does", async () => {
    const impatient = { ...recipe, epochs: 50, patience: 1, learningRate: 0.5 };
    const outcome = await train(settings("impatient", { recipe: impatient }));
    expect(outcome.reason).toBe("patience");
    expect(outcome.epochs).toBe((outcome.best?.epoch ?? 0) + 1);
  });

  it("starts from given weights", async () => {
    await train(settings("base", { recipe: { ...recipe, epochs: 1 } }));
    const init = await loadModel(join(root, "base"));
    const still = { ...recipe, epochs: 1, learningRate: 1e-12, weightDecay: 0 };
    await train(settings("tuned", { recipe: still, init }));
    const { state } = await saved("tuned");
    for (const [name, tensor] of state ?? []) {
      if (name.includes("running_") || tensor.dtype !== "f32") continue;
      const given = init.state.get(name)?.data;
      for (const [i, x] of tensor.data.entries()) expect(x).toBeCloseTo(Number(given?.[i]), 6);
    }
    const wrong = { ...recipe, scale: { name: "mel", bins: 12, fmin: 200, gamma: 0 } } as const;
    await expect(train(settings("other", { recipe: wrong, init }))).rejects.toMatchObject({
      code: "weights-mismatch",
    });
  });

  it("does not run over another one, nor go on with other songs or broken files", async () => {
    await train(settings("taken", { ...stopAfter(1) }));
    await expect(train(settings("taken"))).rejects.toThrow(/holds a training already/);
    const fewer = join(root, "fewer");
    await writeSongs(fewer, 2, 12000);
    await expect(train(settings("taken", { data: [fewer], resume: true }))).rejects.toThrow(
      /songs are not those/,
    );
    const other = { ...recipe, seed: 7, clip: 1 };
    await expect(train(settings("taken", { recipe: other, resume: true }))).rejects.toThrow(
      /other settings: seed, clip differ/,
    );
    const path = join(root, "taken", runFiles.checkpoint);
    const whole = readFileSync(path);
    writeFileSync(path, whole.subarray(0, whole.length - 100));
    await expect(train(settings("taken", { resume: true }))).rejects.toMatchObject({
      code: "weights-corrupt",
    });
    writeFileSync(path, readFileSync(join(root, "whole", runFiles.model)));
    await expect(train(settings("taken", { resume: true }))).rejects.toThrow(/nothing to go on/);
  });

  it("refuses settings out of range, and folders it cannot write", async () => {
    const heard = (changes: Partial<HaaqiTraining>) => ({
      losses: {
        ...recipe.losses,
        haaqi: { weight: 1, audiograms: "random" as const, channels: 1, level: 65, ...changes },
      },
    });
    const bad: Partial<Recipe>[] = [
      { batch: 0 },
      { learningRate: Number.NaN },
      { ema: 1 },
      { excerpt: -1 },
      { hidden: [50, 0.5] },
      { validation: { ...recipe.validation, piece: 0 } },
      heard({}),
      { ...heard({ channels: 0 }), excerpt: 1 },
      { ...heard({ level: 200 }), excerpt: 1 },
      { ...heard({ audiograms: [] }), excerpt: 1 },
      { ...heard({ audiograms: [{ frequencies: [250], levels: [500] }] }), excerpt: 1 },
    ];
    for (const changes of bad) {
      await expect(
        train(settings("bad", { recipe: { ...recipe, ...changes } })),
      ).rejects.toMatchObject({ code: "invalid-argument" });
    }
    const sized = (changes: Partial<RecurrentSizes>): Recipe => ({
      ...songs,
      recurrent: { ...originalSizes.umx, ...changes },
    });
    const badSongs: Recipe[] = [
      { ...songs, realtime: true },
      { ...songs, phase: "mix" },
      { ...songs, losses: { ...recipe.losses, spectral: "sdr" } },
      sized({ hidden: 4 }),
      sized({ hop: 3000 }),
      sized({ frameLength: 4095 }),
      sized({ bandwidth: 30000 }),
      sized({ targets: ["vocals", "vocals"] }),
      sized({ targets: ["speech"] }),
      sized({ targets: [] }),
      { ...bridged, recurrent: { ...originalSizes.xumx, targets: ["vocals"] } },
    ];
    for (const each of badSongs) {
      await expect(train(settings("bad", { recipe: each }))).rejects.toMatchObject({
        code: "invalid-argument",
      });
    }
    writeFileSync(join(root, "file"), "");
    await expect(train(settings("file"))).rejects.toMatchObject({ code: "unwritable" });
  });
});
