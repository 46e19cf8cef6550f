/** Both sides of a live node without a browser: quanta of sound on the one, the separator on the other. */
import { afterEach, describe, expect, it } from "vitest";
import { targets } from "../networks/index.ts";
import { Separator } from "../separation/index.ts";
import { agreement, goldenArray, goldenPath, goldenRows, readGolden } from "../testing/golden.ts";
import { tinyModel } from "../testing/tinyModel.ts";
import { ringMemory } from "./frameRing.ts";
import { openLive } from "./index.ts";
import { LiveFeed } from "./liveFeed.ts";
import { type FeedLink, feedEnd, soundEnd } from "./liveLink.ts";
import { SoundThread } from "./soundThread.ts";

const QUANTUM = 128;
const BUFFERING = 1024;
const FRAMES = 24_064;
const music = goldenRows(goldenArray(readGolden(goldenPath("signals.safetensors")), "music"));
const song = music.map((channel) => channel.slice(0, FRAMES));
const model = tinyModel();

type Kind = FeedLink["kind"];

function links(kind: Kind): readonly [FeedLink, FeedLink] {
  if (kind === "shared memory") {
    const input = ringMemory(2, 16384, true);
    const stems = ringMemory(8, 16384, true);
    return [
      { kind, input, stems },
      { kind, input, stems },
    ];
  }
  const { port1, port2 } = new MessageChannel();
  const common = { kind, channels: 2, rows: 8, capacity: 16384 } as const;
  return [
    { ...common, port: port1 },
    { ...common, port: port2 },
  ];
}

/** A node's two sides. */
class Node {
  readonly #sound: SoundThread;
  readonly #feed: LiveFeed;
  readonly #close: () => Promise<void>;
  frame = 0;

  private constructor(sound: SoundThread, feed: LiveFeed, close: () => Promise<void>) {
    this.#sound = sound;
    this.#feed = feed;
    this.#close = close;
  }

  static async open(kind: Kind): Promise<Node> {
    const live = await openLive({ model });
    const [sound, feed] = links(kind);
    const fed = new LiveFeed(live, feedEnd(feed));
    return new Node(new SoundThread(2, BUFFERING, soundEnd(sound)), fed, async () => {
      await fed.close();
      await live.close();
      if (sound.kind === "messages") sound.port.close();
    });
  }

  get sound(): SoundThread {
    return this.#sound;
  }

  get feed(): LiveFeed {
    return this.#feed;
  }

  /** Waits until all has been separated, and heard of. */
  async caughtUp(): Promise<void> {
    while (this.#feed.status().samples < this.frame) await pause();
    await pause();
  }

  /** Quanta of a signal; the mix and the stems, ten rows. Waits for the separator after each, unless it is to be late. */
  async play(signal: readonly Float32Array[], patient = true): Promise<Float32Array[]> {
    const { length } = signal[0];
    const all = Array.from({ length: 10 }, () => new Float32Array(length));
    for (let at = 0; at < length; at += QUANTUM) {
      const part = (rows: readonly Float32Array[]) =>
        rows.map((row) => row.subarray(at, at + QUANTUM));
      const outputs = Array.from({ length: 5 }, (_, o) => part(all.slice(2 * o, 2 * o + 2)));
      this.sound.render(part(signal), outputs);
      this.frame += QUANTUM;
      if (patient && at % (BUFFERING / 2) === 0) await this.caughtUp();
    }
    if (patient) await this.caughtUp();
    return all;
  }

  close(): Promise<void> {
    return this.#close();
  }
}

const pause = () => new Promise((resolve) => setImmediate(resolve));
const flat = (rows: readonly Float32Array[]) => rows.flatMap((row) => [...row]);
const opened: Node[] = [];
async function open(kind: Kind): Promise<Node> {
  const node = await Node.open(kind);
  opened.push(node);
  return node;
}
afterEach(() => Promise.all(opened.splice(0).map((node) => node.close())));

/** The stems of a signal, target-major, and then nothing. */
async function separated(signal: readonly Float32Array[]): Promise<Float32Array[]> {
  await using separator = await Separator.create(model);
  const stems = await separator.separate(signal);
  return targets.flatMap((target) => stems[target]);
}

const LATENCY = 3779 + BUFFERING;

describe.each<Kind>(["shared memory", "messages"])("a live node over %s", (kind) => {
  it("gives the stems of the whole signal, later by the latency and the buffering: 100 dB", async () => {
    const node = await open(kind);
    const rows = await node.play(song);
    const heard = FRAMES - LATENCY;
    const expected = (await separated(song)).map((row) => row.subarray(0, heard - 3000));
    const stems = rows.slice(2).map((row) => row.subarray(LATENCY, FRAMES - 3000));
    const db = agreement(flat(expected), flat(stems));
    const sums = [0, 1].map((c) =>
      stems[c].map((v, i) => v + stems[2 + c][i] + stems[4 + c][i] + stems[6 + c][i]),
    );
    const mix = rows.slice(0, 2).map((row) => row.subarray(LATENCY, FRAMES - 3000));
    const sum = agreement(flat(sums), flat(mix));
    console.log(`${kind}: stems ${db.toFixed(1)} dB, mix ${sum.toFixed(1)} dB`);
    expect(db).toBeGreaterThan(100);
    expect(sum).toBeGreaterThan(100);
    expect(rows.every((row) => row.subarray(0, LATENCY).every((v) => v === 0))).toBe(true);
    expect(node.sound.status()).toEqual({ underruns: 0, silent: 0 });
    expect(node.feed.status()).toMatchObject({ samples: FRAMES, lost: 0 });
  });

  it("is silent while the separator is late, and says how often; the time stays exact", async () => {
    const node = await open(kind);
    const begin = song.map((channel) => channel.subarray(0, 8192));
    const rest = song.map((channel) => channel.subarray(8192));
    await node.play(begin, false);
    expect(node.sound.status()).toEqual({ underruns: 1, silent: 8192 - BUFFERING });
    await node.caughtUp();
    const rows = await node.play(rest);
    const expected = await separated(song);
    const end = FRAMES - LATENCY - 3000;
    const stems = rows.slice(2).map((row) => row.subarray(0, end + LATENCY - 8192));
    const db = agreement(
      flat(expected.map((row) => row.subarray(8192 - LATENCY, end))),
      flat(stems),
    );
    expect(db).toBeGreaterThan(100);
    expect(node.sound.status()).toEqual({ underruns: 1, silent: 8192 - BUFFERING });
    node.sound.restart();
    expect(node.sound.status()).toEqual({ underruns: 0, silent: 0 });
  });

  it("counts what came too fast for too long, and what is no number, as silence in its place", async () => {
    const node = await open(kind);
    await node.play([...song.slice(0, 2)], false);
    await node.caughtUp();
    const { lost, samples } = node.feed.status();
    expect(samples).toBe(FRAMES);
    // The ring holds 16384 frames; as messages, each is taken when it comes.
    expect(lost).toBe(kind === "messages" ? lost : FRAMES - 16384);
    const broken = new Float32Array(QUANTUM).fill(Number.NaN, 5, 6);
    await node.play([broken, broken.slice().fill(0.1)]);
    expect(node.feed.status().lost).toBe(lost + QUANTUM);
  });

  it("begins another signal where it is reset", async () => {
    const node = await open(kind);
    await node.play(song.map((channel) => channel.subarray(9000, 9000 + 40 * QUANTUM)));
    await node.feed.reset();
    node.frame = 0;
    const rows = await node.play(song.map((channel) => channel.subarray(0, 16384)));
    const expected = await separated(song);
    const end = 16384 - LATENCY;
    const stems = rows.slice(2).map((row) => row.subarray(LATENCY, 16384));
    expect(
      agreement(flat(expected.map((row) => row.subarray(0, end))), flat(stems)),
    ).toBeGreaterThan(100);
    expect(rows[2].subarray(BUFFERING, LATENCY).every((v) => v === 0)).toBe(true);
  });
});

it("changes gains from the next sample on, without a step, whatever waits in the buffer", async () => {
  const node = await open("shared memory");
  const part = song.map((channel) => channel.subarray(0, 12_288));
  await node.play(part);
  node.sound.setGains({ bass: 0, vocals: 0.5, other: 0, drums: 2 }, 1024);
  const [mix, , bass, , vocals, , other, , drums] = await node.play(part);
  const expected = mix.map((_, i) => {
    const way = Math.min(1, (i + 1) / 1024);
    return (1 - way) * (bass[i] + other[i]) + (1 - way / 2) * vocals[i] + (1 + way) * drums[i];
  });
  expect(mix.some((v) => v !== 0)).toBe(true);
  expect(agreement([...expected], [...mix])).toBeGreaterThan(110);
});

it("takes an input to which nothing is connected as silence", async () => {
  const node = await open("shared memory");
  const out = () => [new Float32Array(QUANTUM), new Float32Array(QUANTUM)];
  node.sound.render([], [out(), out(), out(), out(), out()]);
  node.frame += QUANTUM;
  await node.caughtUp();
  expect(node.feed.status()).toMatchObject({ samples: QUANTUM, lost: 0 });
});

it("a separator that failed is told of, and works again after a reset", async () => {
  const live = await openLive({ model });
  const [sound, feed] = links("shared memory");
  let broken = true;
  const end = feedEnd(feed);
  const fed = new LiveFeed(live, {
    ...end,
    deliver(rows) {
      if (broken) throw new RangeError("no room");
      end.deliver(rows);
    },
  });
  const thread = new SoundThread(2, BUFFERING, soundEnd(sound));
  const outputs = Array.from({ length: 5 }, () => [0, 1].map(() => new Float32Array(QUANTUM)));
  thread.render([], outputs);
  await pause();
  await pause();
  expect(() => fed.status()).toThrow("no room");
  broken = false;
  await fed.reset();
  thread.render([], outputs);
  while (fed.status().samples < QUANTUM) await pause();
  await fed.close();
  await live.close();
});
