/** What a separator takes, what it refuses, and that the stems are of the same rate, channels and length. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Resampler } from "../audio/resampler.ts";
import { ArgumentError } from "../errors.ts";
import { targets } from "../networks/index.ts";
import { formulaModel } from "../testing/formulaModel.ts";
import { agreement } from "../testing/golden.ts";
import type { AudioBlocks, AudioInput, Channels } from "./audioInput.ts";
import { openSeparator } from "./openSeparator.ts";
import { Separator, type Stems } from "./separator.ts";
import type { SeparateOptions, StreamOptions } from "./separatorOptions.ts";

const model = formulaModel("mel-32", true);
let separator: Separator;
beforeAll(async () => {
  separator = await Separator.create(model, { level: "as-is" });
});
afterAll(() => separator.close());

/** A soft chord with a beat in it, different on both sides. */
function tone(frames: number, sampleRate: number, side = 0): Float32Array {
  return Float32Array.from({ length: frames }, (_, i) => {
    const t = i / sampleRate;
    return 0.2 * Math.sin(2 * Math.PI * (220 + 3 * side) * t) * (1 + Math.sin(9 * t + side));
  });
}
const stereo = (frames: number, sampleRate = 44100) =>
  [tone(frames, sampleRate, 0), tone(frames, sampleRate, 1)] as const;

/** As Web Audio makes them. */
function audioBuffer(channels: Channels, sampleRate: number) {
  return {
    sampleRate,
    numberOfChannels: channels.length,
    length: channels[0].length,
    duration: channels[0].length / sampleRate,
    getChannelData: (channel: number) => channels[channel],
  };
}

const flat = (stems: Stems<Channels>) => targets.flatMap((t) => stems[t].flatMap((c) => [...c]));
const shapeOf = (stems: Stems<Channels>) =>
  targets.map((target) => stems[target].map((channel) => channel.length));

async function joined(stream: AsyncIterable<Stems<Channels>>): Promise<number[]> {
  const rows: number[][] = [];
  for await (const block of stream) {
    targets.forEach((target, j) => {
      for (const [c, channel] of block[target].entries()) {
        const row = block[target].length * j + c;
        rows[row] = [...(rows[row] ?? []), ...channel];
      }
    });
  }
  return rows.flat();
}

async function* inBlocks(channels: Channels, size: number) {
  for (let at = 0; at < channels[0].length; at += size) {
    yield channels.map((channel) => channel.subarray(at, at + size));
  }
}

describe("a separator takes", () => {
  it("one channel, and gives one: the mean of what it makes of both sides alike", async () => {
    const samples = tone(20000, 44100);
    const { vocals } = await separator.separate([samples, samples]);
    const mono = await separator.separate([samples]);
    expect(shapeOf(mono)).toEqual([[20000], [20000], [20000], [20000]]);
    const mean = vocals[0].map((left, i) => (left + vocals[1][i]) / 2);
    expect(mono.vocals[0]).toEqual(mean);
  });

  it("channels with their rate, an AudioBuffer, or an option for it: all the same", async () => {
    const channels = stereo(12000, 32000);
    const expected = flat(await separator.separate(channels, { sampleRate: 32000 }));
    for (const audio of [{ channels, sampleRate: 32000 }, audioBuffer(channels, 32000)]) {
      expect(flat(await separator.separate(audio))).toEqual(expected);
    }
    expect(flat(await separator.separate(channels))).not.toEqual(expected);
  });

  it.each([8000, 22050, 32000, 48000, 96000])(
    "audio at %i Hz, and gives what resampling there and back gives, of the same length",
    async (sampleRate) => {
      const frames = Math.round(0.4 * sampleRate) + 1;
      const channels = stereo(frames, sampleRate);
      const through = (from: number, to: number, rows: Channels) => {
        const resampler = new Resampler(from, to, rows.length);
        const first = resampler.push(rows);
        return resampler.flush().map((rest, row) => [...first[row], ...rest]);
      };
      const [left, right] = through(sampleRate, 44100, channels).map((c) => Float32Array.from(c));
      const { drums } = await separator.separate([left, right]);
      const expected = through(44100, sampleRate, drums).map((row) => row.slice(0, frames));
      const stems = await separator.separate(channels, { sampleRate });
      expect(shapeOf(stems)).toEqual(targets.map(() => [frames, frames]));
      const db = agreement(
        expected.flat(),
        stems.drums.flatMap((c) => [...c]),
      );
      expect(db).toBeGreaterThan(120);
    },
  );

  it.each([1, 2, 147, 160])("%i samples at 48 kHz, and gives as many", async (frames) => {
    const stems = await separator.separate([tone(frames, 48000)], { sampleRate: 48000 });
    expect(shapeOf(stems)).toEqual(targets.map(() => [frames]));
  });

  it("streams of blocks, however they come: iterables and WHATWG streams", async () => {
    const channels = stereo(9000, 48000);
    const whole = await separator.separate(channels, { sampleRate: 48000 });
    const expected = targets.flatMap((t) => whole[t].flatMap((c) => [...c]));
    const blocks: Channels[] = [];
    for await (const block of inBlocks(channels, 4001)) blocks.push(block);
    const web = new ReadableStream<Channels>({
      start(controller) {
        for (const block of blocks) controller.enqueue(block);
        controller.close();
      },
    });
    const audio = blocks.map((block) => audioBuffer(block, 48000));
    const sources: readonly AudioBlocks[] = [inBlocks(channels, 1000), blocks, web, audio];
    for (const source of sources) {
      const made = await joined(
        separator.stream(source, { sampleRate: 48000, readAhead: Infinity }),
      );
      expect(agreement(expected, made)).toBe(Number.POSITIVE_INFINITY);
    }
  });

  it("more than two channels only if it may mix them down", async () => {
    const [left, right] = stereo(5000);
    const silence = new Float32Array(5000);
    const six = [left, right, silence, silence, silence, silence];
    await expect(separator.separate(six)).rejects.toMatchObject({
      code: "invalid-argument",
      message: "audio has 6 channels; there may be one or two.",
      hint: expect.stringContaining("downmix: true"),
    });
    const mixed = await separator.separate(six, { downmix: true });
    expect(shapeOf(mixed)).toEqual(targets.map(() => [5000, 5000]));
    // Front left and right of six go into stereo with a gain of 1 / (1 + 2·√½).
    const gain = 1 / (1 + Math.SQRT2);
    const softer = await separator.separate([
      left.map((x) => x * gain),
      right.map((x) => x * gain),
    ]);
    expect(agreement(flat(softer), flat(mixed))).toBeGreaterThan(100);
  });

  it("arrays on shared memory, and views into larger ones", async () => {
    const [left, right] = stereo(3000);
    const expected = flat(await separator.separate([left, right]));
    const shared = new Float32Array(new SharedArrayBuffer(4 * 6000));
    shared.set(left);
    shared.set(right, 3000);
    const views = [shared.subarray(0, 3000), shared.subarray(3000)];
    expect(flat(await separator.separate(views))).toEqual(expected);
  });

  it("nothing away: the arrays are as they were, and may change when a block was read", async () => {
    const [left, right] = stereo(30000, 48000);
    const before = [left.slice(), right.slice()];
    await separator.separate([left, right], { sampleRate: 48000 });
    expect([left, right]).toEqual(before);
    const expected = await joined(separator.stream(inBlocks(before, 700), { readAhead: Infinity }));
    async function* overwritten() {
      const block = [new Float32Array(700), new Float32Array(700)];
      for (let at = 0; at < 30000; at += 700) {
        const size = Math.min(700, 30000 - at);
        block.forEach((channel, c) => {
          channel.set(before[c].subarray(at, at + size));
        });
        yield block.map((channel) => channel.subarray(0, size));
      }
    }
    expect(await joined(separator.stream(overwritten(), { readAhead: Infinity }))).toEqual(
      expected,
    );
  });
});

describe("a separator refuses, by an ArgumentError that names it,", () => {
  const samples = new Float32Array(100);
  const moved = new Float32Array(100);
  structuredClone(moved, { transfer: [moved.buffer] });
  /** What a program in JavaScript may give. */
  const given = (...args: readonly unknown[]): Promise<unknown> =>
    Reflect.apply(separator.separate, separator, args);

  it.each<[string, unknown, RegExp]>([
    ["nothing", undefined, /^audio must be an array of channels.*, not undefined\.$/],
    ["no channels", [], /^audio must have one channel or two, not none\.$/],
    ["one bare array", samples, /^audio must be an array.*, not a Float32Array\.$/],
    ["a path", "song.wav", /^audio must be .* not "song\.wav"\.$/],
    ["a promise", Promise.resolve([samples]), /^audio must be .* a Promise\.$/],
    [
      "doubles",
      [samples, new Float64Array(100)],
      /^audio\[1\] must be a Float32Array, not a Float64Array/,
    ],
    ["numbers", [[0.1, 0.2]], /^audio\[0\] must be a Float32Array, not an Array/],
    ["unequal channels", [samples, samples.subarray(1)], /audio differ in length: 100, 99/],
    ["no samples", [samples.subarray(0, 0)], /^audio has no samples\.$/],
    ["transferred arrays", [moved, moved], /^audio\[0\] is detached/],
    [
      "a rate of zero",
      { channels: [samples], sampleRate: 0 },
      /^audio\.sampleRate must be .* not 0\.$/,
    ],
    [
      "channels that want a rate",
      { channels: [samples] },
      /^audio\.sampleRate must be .* undefined/,
    ],
    [
      "a broken AudioBuffer",
      { getChannelData() {}, sampleRate: 48000 },
      /^audio\.numberOfChannels must/,
    ],
    [
      "an AudioBuffer without samples",
      { getChannelData() {}, sampleRate: 48000, numberOfChannels: 1 },
      /^audio\[0\] must be a Float32Array, not undefined/,
    ],
  ])("%s", async (_, audio, message) => {
    const error = await given(audio).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(ArgumentError);
    expect(error).toMatchObject({ message: expect.stringMatching(message) });
  });

  it.each<[unknown, RegExp]>([
    [{ sampleRate: 44100.5 }, /^sampleRate must be a whole number of 1000 to 768000/],
    [{ sampleRate: "48000" }, /^sampleRate must be .* not "48000"\.$/],
    [{ downmix: "stereo" }, /^downmix must be true or false/],
    [{ chunksize: 5 }, /^chunksize is no option of separate\.$/],
    [{ signal: new AbortController() }, /^signal must be an AbortSignal/],
    [{ onProgress: true }, /^onProgress must be a function/],
    [{ chunkSize: 0.5 }, /^chunkSize must be a whole number/],
    [null, /^The options of separate must be an object, not null\.$/],
    [44100, /^The options of separate must be an object, not 44100\.$/],
  ])("the options %j", async (options, message) => {
    const error = await given([samples], options).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(ArgumentError);
    expect(error).toMatchObject({ message: expect.stringMatching(message) });
  });

  it("a rate that contradicts the option", async () => {
    const audio: AudioInput = { channels: [samples], sampleRate: 48000 };
    const options: SeparateOptions = { sampleRate: 44100 };
    await expect(separator.separate(audio, options)).rejects.toThrow(/48000 Hz.*44100 Hz/);
  });

  it("blocks that change, by their number", async () => {
    const cases: [AudioInput[], StreamOptions, RegExp][] = [
      [[[samples], [samples, samples]], {}, /^blocks\[1\] has 2 channels.*had 1 of 44100 Hz/],
      [
        [audioBuffer([samples], 48000), audioBuffer([samples], 44100)],
        {},
        /^blocks\[1\] has 1 channels of 44100 Hz/,
      ],
      [
        [
          [samples, samples],
          [samples, moved],
        ],
        {},
        /^blocks\[1\]\[1\] is detached/,
      ],
      [[], {}, /no samples/],
    ];
    for (const [blocks, options, message] of cases) {
      await expect(joined(separator.stream(blocks, options))).rejects.toThrow(message);
    }
  });

  it("NaN, at its place in the signal's own time", async () => {
    const bad = tone(9600, 96000);
    bad[4800] = Number.NaN;
    await expect(separator.separate([bad], { sampleRate: 96000 })).rejects.toMatchObject({
      code: "non-finite-samples",
      message: "Sample 4800 (0.050 s) is NaN.",
    });
  });

  it("wrong options of its own, and other things than models", async () => {
    const create = (options: unknown): Promise<Separator> =>
      Reflect.apply(Separator.create, Separator, [model, options]);
    await expect(create({ thread: 2 })).rejects.toThrow(/^thread is no option of the separator/);
    await expect(create({ threads: "2" })).rejects.toThrow(/^threads must be a whole number/);
    await expect(create({ runtime: "fast" })).rejects.toThrow(/^runtime must be one of/);
    await expect(create({ device: "gpu" })).rejects.toThrow(/^device must be one of/);
    await expect(Reflect.apply(Separator.create, Separator, ["v2"])).rejects.toThrow(
      /^model must be a Model, not "v2"/,
    );
    const open = (options: unknown): Promise<Separator> =>
      Reflect.apply(openSeparator, undefined, [options]);
    await expect(open("v2")).rejects.toMatchObject({
      code: "invalid-argument",
      hint: 'Give openSeparator({ model: "v2" }).',
    });
    await expect(open({ modle: "v2" })).rejects.toThrow(/^modle is no option of openSeparator/);
    await expect(open({ model: new URL("https://example.org/m") })).rejects.toThrow(/^model must/);
    await expect(open({ model: 7 })).rejects.toThrow(/^model must/);
  });
});
