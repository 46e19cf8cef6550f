/** Streams: stems as soon as they are final, or with reading ahead; nobody's arrays are kept. */
import { describe, expect, it } from "vitest";
import { liveLatency } from "../live/latency.ts";
import type { Model } from "../models/index.ts";
import { targets } from "../networks/index.ts";
import { formulaModel } from "../testing/formulaModel.ts";
import { formulaState } from "../testing/formulaWeights.ts";
import { agreement, goldenArray, goldenPath, goldenRows, readGolden } from "../testing/golden.ts";
import { planTransform } from "../transforms/index.ts";
import { planSliCQT } from "../transforms/slicqt/index.ts";
import type { StereoBlock } from "./sampleQueue.ts";
import { Separator } from "./separator.ts";
import type { StreamOptions } from "./separatorOptions.ts";

const music = goldenRows(goldenArray(readGolden(goldenPath("signals.safetensors")), "music"));
const song: StereoBlock = [music[0].slice(0, 40000), music[1].slice(0, 40000)];
const transform = planTransform({ kind: "slicqt", scale: "mel", bins: 32, fmin: 115.5 });
const SIZE = 700;

function tinyModel(realtime: boolean): Model {
  const full = formulaModel("mel-32", realtime);
  const { blocks } = planSliCQT({ ...full.config.scale, scale: full.config.scale.name });
  const shapes = blocks.map(({ bins, coefs }) => [bins, coefs] as const);
  return { ...full, state: formulaState({ blocks: shapes, c1: 2, c2: 3, kt: 4 }) };
}

/** Streams the song in one array that is written over; gives the stems, and how far reading was ahead at most. */
async function streamed(separator: Separator, options: StreamOptions = {}) {
  let given = 0;
  let got = 0;
  let ahead = 0;
  const own: StereoBlock = [new Float32Array(SIZE), new Float32Array(SIZE)];
  async function* blocks(): AsyncGenerator<StereoBlock> {
    for (let at = 0; at < song[0].length; at += SIZE) {
      ahead = Math.max(ahead, given - got);
      const block = [0, 1].map((c) => {
        const part = song[c].subarray(at, at + SIZE);
        own[c].set(part);
        return own[c].subarray(0, part.length);
      });
      given += block[0].length;
      yield [block[0], block[1]];
      for (const channel of own) channel.fill(Number.NaN);
    }
  }
  const rows: number[][] = targets.map(() => []);
  for await (const block of separator.stream(blocks(), options)) {
    got += block.vocals[0].length;
    for (const [j, target] of targets.entries()) rows[j].push(...block[target][0]);
  }
  return { rows, ahead };
}

describe.each([
  ["mix phase", true, { method: "mix" }],
  [
    "Wiener-EM",
    false,
    { method: "wiener-em", window: { slices: 8 }, regularisation: { kind: "fixed" } },
  ],
] as const)("a stream with %s", (_, realtime, phase) => {
  it("gives stems as soon as they are final, those of the whole song: 100 dB", async () => {
    await using separator = await Separator.create(tinyModel(realtime), { phase });
    const stems = await separator.separate(song);
    const whole = targets.flatMap((target) => [...stems[target][0]]);
    const prompt = await streamed(separator);
    const late = await streamed(separator, { readAhead: Infinity });
    const db = agreement(whole, prompt.rows.flat());
    console.log(`read ahead: ${prompt.ahead} and ${late.ahead} samples; ${db.toFixed(1)} dB`);
    expect(db).toBeGreaterThan(100);
    expect(agreement(whole, late.rows.flat())).toBeGreaterThan(100);
    const latency = liveLatency(transform, { before: 3, after: 2 });
    // A window of 8 slices is complete with its last one.
    const windows = phase.method === "mix" ? 0 : 8 * transform.hop;
    expect(prompt.ahead).toBeLessThanOrEqual(latency + windows + SIZE);
    expect(late.ahead).toBeGreaterThan(2 * prompt.ahead);
  });
});

it("readAhead is a number of seconds", async () => {
  await using separator = await Separator.create(tinyModel(true));
  const stream = separator.stream([song], { readAhead: -1 });
  await expect(stream.next()).rejects.toMatchObject({ code: "invalid-argument" });
});
