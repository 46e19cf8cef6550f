import { describe, expect, it } from "vitest";
import { FormulaTrack } from "../testing/formulaTrack.ts";
import { balanced, type SideGains } from "../tracks/pan.ts";
import { Feeder } from "./feeder.ts";
import type { PlayerNews, PlayerReport } from "./messages.ts";
import { laneGains, plainLane } from "./mixing.ts";
import type { Loop } from "./passages.ts";
import { FADE, RAMP, SoundEngine } from "./soundEngine.ts";

const RATE = 8000;
const QUANTUM = 128;
const both = balanced(1, 0);
/** Other gains for each side. */
const sides = (left: number, right: number): SideGains => ({ left, right });

/** Noise of fractions that float32 holds exactly, also when four are added. */
const grain = (lane: number) => (channel: number, frame: number) =>
  ((Math.imul(frame + 1, 0x9e3779b1 + 2 * lane + 512 * channel) >>> 20) - 2048) / 16384;

/** The page and the thread of the sound, without a browser. */
class Desk {
  readonly tracks: readonly FormulaTrack[];
  readonly news: PlayerNews[] = [];
  readonly engine = new SoundEngine(RATE, (news) => {
    this.news.push(news);
    if (news.kind === "taken") this.feeder.taken(news.journey);
  });
  readonly feeder = new Feeder(
    (chunk) => this.engine.take(chunk),
    (error) => {
      throw error;
    },
  );
  #journey = 0;

  constructor(
    tracks: readonly FormulaTrack[],
    gains: readonly SideGains[] = tracks.map(() => both),
  ) {
    this.tracks = tracks;
    this.engine.take({ kind: "mix", gains, master: 1 });
  }

  jump(position: number, loop?: Loop): void {
    const journey = ++this.#journey;
    const { tracks } = this;
    this.engine.take({ kind: "jump", journey, position });
    this.feeder.start({ journey, position, loop, sampleRate: RATE, tracks, awaited: tracks });
  }

  /** Both sides of so many quanta, with time for the page in between. */
  async render(quanta: number): Promise<readonly [number[], number[]]> {
    const sides: [number[], number[]] = [[], []];
    for (let i = 0; i < quanta; i++) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      const out = [new Float32Array(QUANTUM), new Float32Array(QUANTUM)];
      this.engine.render(out);
      for (const [side, samples] of out.entries()) sides[side].push(...samples);
    }
    return sides;
  }

  report(): PlayerReport | undefined {
    return this.news.findLast((news) => news.kind === "report");
  }
}

const length = 3 * RATE;
const lanes = () => [0, 1, 2, 3].map((lane) => new FormulaTrack(`${lane}`, length, grain(lane)));
const sum = (channel: number, frame: number) =>
  frame < length ? [0, 1, 2, 3].reduce((v, lane) => v + grain(lane)(channel, frame), 0) : 0;
/** Quanta until a fade has ended. */
const faded = Math.ceil((FADE * RATE) / QUANTUM) + 1;

/** Where in the song it plays, found by comparing; undefined if it is no part of it. */
function placeOf(samples: readonly number[], from = 0, to = length): number | undefined {
  for (let start = from; start < to; start++) {
    if (samples.every((v, i) => v === sum(0, start + i))) return start;
  }
  return undefined;
}

describe("the sound of a song", () => {
  it("is the exact sum of its stems at gain 1, on both sides", async () => {
    const desk = new Desk(lanes());
    desk.jump(0);
    desk.engine.take({ kind: "play" });
    const sides = await desk.render(60);
    const begin = sides[0].findIndex((v) => v !== 0);
    const start = placeOf(sides[0].slice(begin + 300, begin + 500));
    expect(start).toBeDefined();
    for (const [side, samples] of sides.entries()) {
      const offset = (start ?? 0) - (begin + 300);
      for (let i = begin + 300; i < samples.length; i++)
        expect(samples[i]).toBe(sum(side, i + offset));
    }
  });

  it("begins with the song's first frame and ends with its last", async () => {
    const desk = new Desk(lanes());
    desk.jump(0);
    desk.engine.take({ kind: "play" });
    const [left] = await desk.render(length / QUANTUM + 20);
    const end = left.findLastIndex((v) => v !== 0);
    const tail = left.slice(end - 400, end + 1);
    expect(placeOf(tail.slice(0, 200), length - 500)).toBeGreaterThan(length - 410);
    expect(desk.news.filter(({ kind }) => kind === "ended")).toHaveLength(1);
  });

  it("stays in step after jumps: what is heard next is the frame that was asked for", async () => {
    const desk = new Desk(lanes());
    desk.jump(0);
    desk.engine.take({ kind: "play" });
    await desk.render(20);
    for (const position of [12345, 77, 20000, 5, 16000]) {
      desk.jump(position);
      const [left] = await desk.render(faded + 14);
      const start = placeOf(left.slice(-200), position);
      expect(start).toBeDefined();
      // Frames are neither skipped nor played twice: report and sound agree.
      await desk.render(4);
      const [more] = await desk.render(1);
      expect(placeOf(more, position)).toBe((start ?? 0) + 200 + 4 * QUANTUM);
    }
  });

  it("plays a loop round and round, exactly as long as it is", async () => {
    const desk = new Desk(lanes());
    const loop = { start: 4000, end: 7000 };
    desk.jump(4000, loop);
    desk.engine.take({ kind: "play" });
    const [left] = await desk.render(120);
    const begin = left.findIndex((v) => v !== 0);
    const first = left.slice(begin + 500, begin + 900);
    const start = placeOf(first, loop.start, loop.end);
    expect(start).toBeDefined();
    for (const round of [1, 2, 3]) {
      expect(left.slice(begin + 500 + 3000 * round, begin + 900 + 3000 * round)).toEqual(first);
    }
  });

  it("waits where the song is not separated yet, says so, and goes on with the next frame", async () => {
    const tracks = lanes();
    for (const { ready } of tracks) ready.value = 9216;
    const desk = new Desk(tracks);
    desk.jump(0);
    desk.engine.take({ kind: "play" });
    const [before] = await desk.render(100);
    expect(desk.report()?.waiting).toBe(true);
    const stopped = before.findLastIndex((v) => v !== 0);
    for (const { ready } of tracks) ready.value = length;
    const [after] = await desk.render(60);
    expect(desk.report()?.waiting).toBe(false);
    // It stopped before the edge by no more than the frames of a quantum, and of a fade.
    const last = before.slice(stopped - 600, stopped - 400);
    const end = (placeOf(last) ?? Number.NaN) + 600;
    expect(end).toBeGreaterThan(9216 - 3 * QUANTUM - FADE * RATE);
    expect(end).toBeLessThanOrEqual(9216);
    const begin = after.findIndex((v) => v !== 0);
    expect(placeOf(after.slice(begin + 300, begin + 500))).toBeLessThanOrEqual(end + 302);
    expect(placeOf(after.slice(begin + 300, begin + 500))).toBeGreaterThan(end + 200);
  });
});

describe("no click", () => {
  /** A song that is 1 all the time: every step that is heard is one of a gain. */
  const ones = () => [new FormulaTrack("a", length, () => 1)];
  const steepest = (samples: readonly number[]) =>
    samples.slice(1).reduce((most, v, i) => Math.max(most, Math.abs(v - samples[i])), 0);
  const rise = 1 / (FADE * RATE) + 1e-6;

  it("when it begins, pauses, goes on, jumps, and waits", async () => {
    const desk = new Desk(ones());
    desk.jump(0);
    const heard: number[] = [];
    const hear = async (quanta: number) => heard.push(...(await desk.render(quanta))[0]);
    desk.engine.take({ kind: "play" });
    await hear(20);
    desk.engine.take({ kind: "pause" });
    await hear(5);
    desk.engine.take({ kind: "play" });
    await hear(5);
    desk.jump(9000);
    await hear(20);
    desk.tracks[0].ready.value = 14000;
    desk.jump(10000);
    await hear(50);
    expect(steepest(heard)).toBeLessThanOrEqual(rise);
    expect(Math.max(...heard)).toBe(1);
    expect(heard[heard.length - 1]).toBe(0);
  });

  it("when gains move, each along a line", async () => {
    const desk = new Desk(ones());
    desk.jump(0);
    desk.engine.take({ kind: "play" });
    await desk.render(20);
    desk.engine.take({ kind: "mix", gains: [sides(0, 0.5)], master: 1 });
    const [left, right] = await desk.render(10);
    expect(steepest([1, ...left])).toBeLessThanOrEqual(1 / (RAMP * RATE) + 1e-6);
    expect([left.at(-1), right.at(-1)]).toEqual([0, 0.5]);
    desk.engine.take({ kind: "mix", gains: [both], master: 2 });
    const [louder] = await desk.render(10);
    expect(steepest([0, ...louder])).toBeLessThanOrEqual(3 / (RAMP * RATE));
    expect(louder.at(-1)).toBe(2);
  });

  it("at another speed, which is kept, and ends when the song does", async () => {
    const tone = (_: number, frame: number) => 0.5 * Math.sin((2 * Math.PI * 200 * frame) / RATE);
    const desk = new Desk([new FormulaTrack("a", length, tone)]);
    desk.engine.take({ kind: "speed", speed: 1.5 });
    desk.jump(0);
    desk.engine.take({ kind: "play" });
    const [left] = await desk.render(Math.ceil(length / 1.5 / QUANTUM) + 40);
    expect(steepest(left)).toBeLessThan(1.5 * 0.5 * ((2 * Math.PI * 200) / RATE));
    const sounding = left.findLastIndex((v) => v !== 0) - left.findIndex((v) => v !== 0);
    expect(Math.abs(sounding / (length / 1.5) - 1)).toBeLessThan(0.03);
    expect(desk.news.filter(({ kind }) => kind === "ended")).toHaveLength(1);
  });
});

describe("the mixer's settings", () => {
  const set = (change: object) => ({ ...plainLane, ...change });

  it("a muted lane is silent, soloed ones silence the others, pan moves the rest", () => {
    const silent = balanced(0, 0);
    expect(laneGains([plainLane, set({ muted: true })])).toEqual([both, silent]);
    const soloed = set({ soloed: true, pan: -0.5, gain: 0.5 });
    expect(laneGains([plainLane, soloed])).toEqual([silent, balanced(0.5, -0.5)]);
    const neither = set({ soloed: true, muted: true });
    expect(laneGains([neither, plainLane])).toEqual([silent, silent]);
  });

  it("panned to a side, the other one is silent", async () => {
    const track = new FormulaTrack("a", length, (channel) => (channel === 0 ? 0.5 : 0.25));
    const desk = new Desk([track], [balanced(1, 1)]);
    desk.jump(0);
    desk.engine.take({ kind: "play" });
    const [left, right] = await desk.render(20);
    expect([left.at(-1), right.at(-1)]).toEqual([0, 0.25]);
  });

  it("meters show what is heard of each lane", async () => {
    const tracks = [0.5, 0.25].map((v, i) => new FormulaTrack(`${i}`, length, () => v));
    const desk = new Desk(tracks, [sides(1, 0.5), sides(0, 2)]);
    desk.jump(0);
    desk.engine.take({ kind: "play" });
    await desk.render(20);
    expect([...(desk.report()?.peaks ?? [])]).toEqual([0.5, 0.5]);
    expect(desk.report()).toMatchObject({ left: 0.5, right: 0.75 });
  });
});
