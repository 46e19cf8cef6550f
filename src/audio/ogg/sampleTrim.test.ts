import { describe, expect, it } from "vitest";
import { PacketError } from "./codec.ts";
import { SampleTrim } from "./sampleTrim.ts";

interface Page {
  readonly packets: readonly number[];
  readonly granule: number | undefined;
}

/** What comes of packets of so many samples, each sample being its number. */
function trimmed(pages: readonly Page[], preSkip = 0): number[] {
  const trim = new SampleTrim(1, preSkip);
  const out: number[] = [];
  let count = 0;
  const take = (blocks: Iterable<readonly Float32Array[]>) => {
    for (const [block] of blocks) {
      expect(block.length).toBeGreaterThan(0);
      out.push(...block);
    }
  };
  for (const [i, { packets, granule }] of pages.entries()) {
    const last = i === pages.length - 1;
    trim.beginPage(granule, last);
    for (const length of packets) {
      trim.push([Float32Array.from({ length }, () => count++)]);
      take(trim.full());
    }
    trim.endPage(granule, last);
    take(trim.full());
  }
  take(trim.rest());
  return out;
}

const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

describe("what granule positions leave of the samples", () => {
  it.each<[string, readonly Page[], number, number, number]>([
    [
      "all",
      [
        { packets: [0, 50], granule: 50 },
        { packets: [30], granule: 80 },
      ],
      0,
      0,
      80,
    ],
    [
      "pre-skip",
      [
        { packets: [50], granule: 50 },
        { packets: [30], granule: 80 },
      ],
      7,
      7,
      80,
    ],
    [
      "a cut end",
      [
        { packets: [50], granule: 50 },
        { packets: [30], granule: 61 },
      ],
      0,
      0,
      61,
    ],
    [
      "a cut beginning",
      [
        { packets: [50], granule: 41 },
        { packets: [30], granule: 71 },
      ],
      0,
      9,
      80,
    ],
    [
      "both, and pre-skip",
      [
        { packets: [50], granule: 41 },
        { packets: [30], granule: 70 },
      ],
      5,
      14,
      79,
    ],
    [
      "time that begins later",
      [
        { packets: [50], granule: 950 },
        { packets: [30], granule: 980 },
      ],
      3,
      3,
      80,
    ],
    ["one page: cut at its end", [{ packets: [50, 50], granule: 60 }], 0, 0, 60],
    ["one page that begins later", [{ packets: [50, 50], granule: 700 }], 0, 0, 100],
    [
      "a first page without a position",
      [
        { packets: [50], granule: undefined },
        { packets: [50], granule: 90 },
        { packets: [9], granule: 99 },
      ],
      0,
      10,
      109,
    ],
    [
      "no positions",
      [
        { packets: [50], granule: undefined },
        { packets: [9], granule: undefined },
      ],
      4,
      4,
      59,
    ],
    [
      "a last page of nothing",
      [
        { packets: [50], granule: 50 },
        { packets: [], granule: 50 },
      ],
      0,
      0,
      50,
    ],
    ["less than the pre-skip", [{ packets: [50], granule: 50 }], 60, 60, 60],
    [
      "a few promised too many",
      [
        { packets: [50], granule: 50 },
        { packets: [50], granule: 1000 },
      ],
      0,
      0,
      100,
    ],
  ])("%s", (_, pages, preSkip, from, to) => {
    expect(trimmed(pages, preSkip)).toEqual(numbers(from, to));
  });

  it("long streams come in blocks", () => {
    const pages = Array.from({ length: 50 }, (_, i) => ({
      packets: [1000, 1024],
      granule: 2024 * (i + 1) - (i === 49 ? 1500 : 0),
    }));
    expect(trimmed(pages, 312)).toEqual(numbers(312, 2024 * 50 - 1500));
  });

  it("many promised too many are told", () => {
    const trim = new SampleTrim(1, 0);
    trim.push([Float32Array.from({ length: 50 }, (_, i) => i)]);
    expect(trim.endPage(50, false)).toBe(0);
    expect(trim.endPage(9999, true)).toBe(9949);
  });

  it("holes are filled with silence, by the next position", () => {
    const trim = new SampleTrim(1, 0);
    trim.push([Float32Array.of(1, 2)]);
    trim.endPage(2, false);
    trim.openHole();
    trim.push([Float32Array.of(3, 4)]);
    expect(trim.closeHole(7)).toBe(3);
    expect(trim.endPage(7, false)).toBe(0);
    expect([...trim.rest()]).toEqual([[Float32Array.of(1, 2, 0, 0, 0, 3, 4)]]);
  });

  it("positions that never come are damage before memory runs out", () => {
    const trim = new SampleTrim(255, 0);
    const block = Array.from({ length: 255 }, () => new Float32Array(5760));
    expect(() => {
      for (let n = 0; n < 1000; n++) trim.push(block);
    }).toThrow(PacketError);
  });
});
