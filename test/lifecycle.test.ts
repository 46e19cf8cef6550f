/** The life of every public object that holds something, and of whole programs with threads. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Worker } from "node:worker_threads";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  bytesOf,
  createAudioWriter,
  decodeAudio,
  floatWav,
  openAudio,
} from "../src/audio/index.ts";
import { encodeWav } from "../src/audio/testing/wavEncoder.ts";
import { openDataset, readStems, sumOfStems } from "../src/datasets/index.ts";
import { type MethodSpec, openMethod, type Task } from "../src/evaluation/index.ts";
import { GraphBuilder, writeOnnx } from "../src/graph/index.ts";
import { openLive } from "../src/live/index.ts";
import type { Model } from "../src/models/fromBytes.ts";
import { configMetadata } from "../src/models/index.ts";
import { architectureOf } from "../src/networks/cdae/index.ts";
import { targets } from "../src/networks/index.ts";
import { loadRuntime } from "../src/runtime/index.ts";
import { Separator, type StereoBlock } from "../src/separation/index.ts";
import { writeSafetensors } from "../src/tensors/index.ts";
import { formulaModel } from "../src/testing/formulaModel.ts";
import { formulaState } from "../src/testing/formulaWeights.ts";
import { lifecycle } from "../src/testing/lifecycle.ts";
import { EventFile, scalar } from "../src/training/events/index.ts";
import { TrainingStep } from "../src/training/trainingStep.ts";
import { planSliCQT } from "../src/transforms/slicqt/index.ts";

type Library = typeof import("../src/index.ts") &
  typeof import("../src/advanced.ts") &
  typeof import("../src/evaluation/index.ts");

const compiled = new URL("../dist/index.js", import.meta.url).href;
let library: Library;
let folder = "";
/** Every thread that was started. */
const threads: Worker[] = [];
const started = (worker: Worker) => threads.push(worker);

beforeAll(async () => {
  if (!existsSync(new URL(compiled))) {
    throw new Error("dist is missing: run `npm run build` first.");
  }
  const advanced = new URL("../dist/node/advanced.js", import.meta.url).href;
  const evaluation = new URL("../dist/node/evaluation.js", import.meta.url).href;
  library = {
    ...(await import(compiled)),
    ...(await import(advanced)),
    ...(await import(evaluation)),
  };
  folder = await mkdtemp(join(tmpdir(), "xumx-life-"));
  process.on("worker", started);
});
afterAll(async () => {
  process.off("worker", started);
  await rm(folder, { recursive: true, force: true });
});

function tone(hertz: number, samples: number): Float32Array {
  return Float32Array.from({ length: samples }, (_, i) => Math.sin((i * hertz) / 7018));
}

const song: StereoBlock = [tone(110, 30000), tone(330, 30000)];
/** A small model of few blocks: it is not what it computes that matters. */
const scale = { name: "mel", bins: 8, fmin: 200, gamma: 15 } as const;
const plan = planSliCQT({ ...scale, scale: scale.name });
const model: Model = {
  config: { ...formulaModel("mel-32", true).config, scale },
  state: formulaState({
    blocks: plan.blocks.map(({ bins, coefs }) => [bins, coefs]),
    ...{ c1: 4, c2: 4, kt: 4 },
  }),
};

/** Gives a block and then nothing, for ever. */
async function* stalling(): AsyncGenerator<StereoBlock> {
  yield song;
  await new Promise(() => undefined);
}

async function exhaust(blocks: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of blocks);
}

const separating = {
  use: (separator: Separator) => separator.separate(song),
  abortable: (separator: Separator, signal: AbortSignal) => separator.separate(song, { signal }),
  stalled: (separator: Separator, signal: AbortSignal | undefined) =>
    exhaust(separator.stream(stalling(), signal && { signal })),
  close: (separator: Separator) => separator.close(),
  serves: "many",
} as const;

lifecycle("a separator in this thread", {
  ...separating,
  create: () => Separator.create(model, { pieceSlices: 4 }),
});

lifecycle("a separator in threads", {
  ...separating,
  create: () => library.Separator.create(model, { threads: 2, pieceSlices: 4 }, library.inWorkers),
});

lifecycle("a separator that separates in hard chunks", {
  ...separating,
  create: () => Separator.create(model, { pieceSlices: 4 }),
  use: (separator) => separator.separate(song, { chunkSize: 10000 }),
  stalled: (separator, signal) =>
    exhaust(separator.stream(stalling(), { chunkSize: 20000, ...(signal && { signal }) })),
});

lifecycle("a live separator", {
  create: () => openLive({ model }),
  use: (live) => exhaust(live.stream([song])),
  abortable: (live, signal) => exhaust(live.stream([song, song], { signal })),
  stalled: (live, signal) => exhaust(live.stream(stalling(), signal && { signal })),
  close: (live) => live.close(),
  // A signal has it to itself: what comes before a block is done is refused, and counted.
  serves: "one",
});

describe.each(["native", "wasm"] as const)("sessions of the %s runtime", (preference) => {
  const b = new GraphBuilder("g");
  const x = b.input("x", [1, 32, 64, "n"]);
  const w = b.parameter("w", [32, 32, 3, 3], new Float32Array(32 * 32 * 9).fill(1));
  b.output("y", b.conv2d(b.conv2d(x, w), w));
  const bytes = writeOnnx(b.build());
  const feed = { dims: [1, 32, 64, 64], data: new Float32Array(32 * 64 * 64) };
  lifecycle("a session", {
    create: async () => (await loadRuntime(preference)).createSession(bytes, { threads: 1 }),
    use: (session) => session.run({ x: feed }),
    close: (session) => session.close(),
    serves: "many",
  });
});

lifecycle("a training step", {
  create: async () =>
    TrainingStep.create(
      ...([plan, architectureOf(plan.blocks, true, model.state), model.state] as const),
      ...([await loadRuntime(), { items: 1, samples: 12000 }] as const),
    ),
  use(step) {
    const stems = [55, 220, 330, 110].map((hertz) => [tone(hertz, 12000), tone(hertz, 12000)]);
    return step.step(step.prepare([{ stems }]), 1e-3);
  },
  close: (step) => step.close(),
  // Steps at once would see each other's weights.
  serves: "one",
});

lifecycle("an event file", {
  create: () => EventFile.create(folder, 0),
  use: (file) => file.write(1, [scalar("loss", 1)]),
  close: (file) => file.close(),
  serves: "many",
});

const wav = encodeWav([...song], { format: "float32" });
lifecycle("a reader of a file", {
  async create() {
    const path = join(folder, "song.wav");
    await writeFile(path, wav);
    return openAudio(path);
  },
  use: (source) => exhaust(source.blocks()),
  abortable: (source, signal) => exhaust(source.blocks(signal)),
  close: (source) => source.close(),
  serves: "one",
});

lifecycle("a reader of bytes that may not come", {
  async create() {
    const bytes = bytesOf(wav, "song");
    let answers = true;
    const source = await decodeAudio({
      ...bytes,
      read: (at, target) =>
        answers ? bytes.read(at, target) : new Promise<number>(() => undefined),
    });
    const stall = () => {
      answers = false;
    };
    return Object.assign(source, { stall });
  },
  use: (source) => exhaust(source.blocks()),
  abortable: (source, signal) => exhaust(source.blocks(signal)),
  stalled(source, signal) {
    source.stall();
    return exhaust(source.blocks(signal));
  },
  close: (source) => source.close(),
  serves: "one",
});

let files = 0;
lifecycle("a writer of a file", {
  create: () =>
    createAudioWriter(
      join(folder, `written-${files++}.wav`),
      { sampleRate: 44100, channels: 2 },
      floatWav,
    ),
  use: (writer) => writer.write(song),
  close: (writer) => writer.close(),
  // What comes before the last call has ended is an ArgumentError.
  serves: "one",
});

describe("what is evaluated", () => {
  const rate = 44100;
  let task: Task;
  beforeAll(async () => {
    const songFolder = join(folder, "set", "train", "a");
    await mkdir(songFolder, { recursive: true });
    for (const [stem, target] of targets.entries()) {
      const channels = [55, 56].map((hertz) => tone(hertz * (stem + 1), 20000));
      await writeFile(
        join(songFolder, `${target}.wav`),
        encodeWav(channels, { format: "float32", sampleRate: rate }),
      );
    }
    await writeFile(
      join(folder, "small.safetensors"),
      writeSafetensors(model.state, { metadata: configMetadata(model.config) }),
    );
    const dataset = await openDataset(join(folder, "set"));
    const stems = await readStems(dataset.songs[0]);
    task = { song: dataset.songs[0], stems, mixture: sumOfStems(stems) };
  });
  const specs: Record<string, () => MethodSpec> = {
    "a model": () => ({ kind: "model", model: join(folder, "small.safetensors"), threads: 1 }),
    "a folder of estimates": () => ({ kind: "estimates", path: join(folder, "set") }),
    "an oracle": () => ({ kind: "oracle", oracle: "irm1", transform: "mel-32-115" }),
  };
  for (const [name, spec] of Object.entries(specs)) {
    lifecycle(`a method: ${name}`, {
      create: () => openMethod(spec()),
      use: (method) => method.estimate(task),
      abortable: (method, signal) => method.estimate({ ...task, signal }),
      close: async (method) => method[Symbol.asyncDispose](),
      serves: "many",
    });
  }

  it("an evaluation of which a thread dies fails that song alone, and goes on", async () => {
    const evaluation = await library.prepareEvaluation({
      ...{ data: join(folder, "set"), out: join(folder, "scores"), jobs: 2 },
      methods: [specs["an oracle"](), { kind: "oracle", oracle: "irm2", transform: "mel-32-115" }],
    });
    const known = threads.length;
    const kinds: string[] = [];
    const watch = setInterval(() => {
      if (threads.length > known) {
        clearInterval(watch);
        void threads[known].terminate();
      }
    }, 1);
    for await (const { kind, error } of evaluation.run()) kinds.push(error?.code ?? kind);
    clearInterval(watch);
    expect(kinds.sort()).toEqual(["scored", "thread-died"]);
  });
});

describe("a separator of which a thread dies", () => {
  // Of WebAssembly, which can be ended while it computes.
  const open = () =>
    library.Separator.create(
      model,
      { threads: 1, pieceSlices: 4, runtime: "wasm" },
      library.inWorkers,
    );

  it("fails what it is at with a ThreadError, and serves the next with a new thread", async () => {
    await using separator = await open();
    const [expected] = (await separator.separate(song)).bass;
    let killed: Promise<number> | undefined;
    const failing = separator.separate(song, {
      onProgress: () => {
        killed ??= threads.at(-1)?.terminate();
      },
    });
    await expect(failing).rejects.toMatchObject({ code: "thread-died" });
    await killed;
    const known = threads.length;
    expect((await separator.separate(song)).bass[0]).toEqual(expected);
    expect(threads).toHaveLength(known + 1);
    // One that dies between two songs is not even noticed.
    await threads.at(-1)?.terminate();
    expect((await separator.separate(song)).bass[0]).toEqual(expected);
    expect(threads).toHaveLength(known + 2);
    // The time of the dead is counted too.
    expect((await separator.times()).network).toBeGreaterThan(0);
  });

  it("has demixFiles do the song again, once, and say so", async () => {
    const path = join(folder, "again.wav");
    await writeFile(path, encodeWav([...song], { format: "float32" }));
    const out = join(folder, "stems");
    const demix = async (kills: number) => {
      await using separator = await open();
      let left = kills;
      const [outcome] = await library.demixFiles(separator, [path], out, {
        onProgress(fraction) {
          if (fraction > 0 && left-- > 0) void threads.at(-1)?.terminate();
        },
      });
      return outcome;
    };
    const done = await demix(1);
    expect(done).toMatchObject({
      kind: "done",
      result: { notices: [expect.stringMatching(/thread .* stopped: .*It was done again\.$/)] },
    });
    const written = await readdir(out, { recursive: true });
    expect(written.filter((name) => name.endsWith(".wav"))).toHaveLength(4);
    expect(await demix(1e6)).toMatchObject({ kind: "failed", error: { code: "thread-died" } });
  });
});

/** Runs a program to its end; one that hangs is killed. */
function run(source: string): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve) => {
    const args = ["--input-type=module", "--eval", source];
    const child = spawn(process.execPath, args, { timeout: 60_000 });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (data) => {
        output += data;
      });
    }
    child.on("close", (code) => resolve({ code, output }));
  });
}

it("a program with a separator that was not closed ends by itself", async () => {
  const source = `
    import { openSeparator } from ${JSON.stringify(compiled)};
    const separator = await openSeparator({ threads: 2 });
    const { bass } = await separator.separate([new Float32Array(50000).fill(0.1), new Float32Array(50000)]);
    console.log(bass[0].length);`;
  expect(await run(source)).toEqual({ code: 0, output: "50000\n" });
});
