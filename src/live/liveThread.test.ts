/** Live separation behind a protocol: the same samples, and the same refusals. */
import { describe, expect, it } from "vitest";
import { targets } from "../networks/index.ts";
import { prepareModel } from "../separation/preparedModel.ts";
import { agreement, goldenArray, goldenPath, goldenRows, readGolden } from "../testing/golden.ts";
import { lifecycle } from "../testing/lifecycle.ts";
import { tinyModel } from "../testing/tinyModel.ts";
import { LocalClient } from "../threads/index.ts";
import { openLive } from "./index.ts";
import type { LiveProtocol } from "./liveProtocol.ts";
import { liveService } from "./liveService.ts";
import { LiveThread } from "./liveThread.ts";
import type { LiveOptions } from "./openOptions.ts";

const music = goldenRows(goldenArray(readGolden(goldenPath("signals.safetensors")), "music"));
const song = music.map((channel) => channel.slice(0, 12_000));

const open = (options: LiveOptions = {}) =>
  LiveThread.open(new LocalClient<LiveProtocol>(liveService()), prepareModel(tinyModel()), options);

describe("live separation in a thread", () => {
  it("gives what it gives in this thread, in time and in gains", async () => {
    const options = { sampleRate: 48000, gains: { vocals: 0 } } as const;
    await using live = await openLive({ ...options, model: tinyModel() });
    await using thread = await open(options);
    expect(thread.latency).toBe(live.latency);
    expect(thread.latencySeconds).toBe(live.latencySeconds);
    expect(thread).toMatchObject({ hop: live.hop, modelName: live.modelName, channels: 2 });
    expect(thread.gains).toEqual(live.gains);
    for (let at = 0; at < 12_000; at += 3000) {
      const block = song.map((channel) => channel.subarray(at, at + 3000));
      if (at === 6000) for (const one of [live, thread]) one.setGains({ drums: 2 }, 0.01);
      const [expected, found] = [await live.push(block), await thread.push(block)];
      for (const target of targets) expect(found.stems[target]).toEqual(expected.stems[target]);
      expect(found.mix).toEqual(expected.mix);
    }
    expect(thread.gains).toMatchObject({ vocals: 0, drums: 2 });
    expect(thread.status()).toMatchObject({ samples: 12_000, hops: live.status().hops });
    const [expected, found] = [await live.flush(), await thread.flush()];
    expect(agreement([...expected.mix[0]], [...found.mix[0]])).toBe(Number.POSITIVE_INFINITY);
  });

  it("refuses a block before its turn, and counts it; and blocks that are none", async () => {
    await using thread = await open();
    const pending = thread.push(song);
    await expect(thread.push(song)).rejects.toMatchObject({ name: "LiveError", code: "overrun" });
    await pending;
    expect(thread.status().overruns).toBeGreaterThan(0);
    await expect(thread.push([song[0]])).rejects.toMatchObject({ code: "invalid-argument" });
    const broken = [song[0], song[1].slice().fill(Number.NaN, 7, 8)];
    await expect(thread.push(broken)).rejects.toMatchObject({ code: "non-finite-samples" });
    await thread.reset();
    expect(thread.status()).toMatchObject({ samples: 0, overruns: 0 });
    expect(() => thread.setGains({ vocals: -1 })).toThrow(/gain of vocals/);
    expect(() => thread.setGains({ vocals: 1 }, -1)).toThrow(/ramp/);
  });
});

async function exhaust(blocks: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of blocks);
}

async function* stalling() {
  yield song;
  await new Promise(() => undefined);
}

lifecycle("live separation in a thread", {
  create: () => open(),
  use: (live) => exhaust(live.stream([song])),
  abortable: (live, signal) => exhaust(live.stream([song, song], { signal })),
  stalled: (live, signal) => exhaust(live.stream(stalling(), signal && { signal })),
  close: (live) => live.close(),
  serves: "one",
});
