import { describe, expect, it } from "vitest";
import { AudioError } from "../../errors.ts";
import { bytesOf } from "../bytes.ts";
import { decodeAudio } from "../decode.ts";
import { fileOf, makePage, type Page, pagesOf } from "../testing/oggFile.ts";
import {
  decodeBytes,
  fixtureTags,
  m4aFixture,
  oggFixtures,
  outcome,
  readAll,
} from "../testing/signals.ts";

const { vorbis44, opusStereo, opusSurround, vorbis48, flac16, opusMono } = oggFixtures;
const text = (s: string) => new TextEncoder().encode(s);
const FIRST = 2;
const LAST = 4;

async function failure(bytes: Uint8Array): Promise<AudioError> {
  const error = await decodeBytes(bytes, { tolerance: "none" }).catch((e: unknown) => e);
  if (!(error instanceof AudioError)) throw new Error(`no AudioError: ${error}`);
  return error;
}

/** All packets of a file. */
function packetsOf(file: Uint8Array): Uint8Array[] {
  const packets: Uint8Array[] = [];
  let pieces: Uint8Array[] = [];
  for (const { bytes } of pagesOf(file)) {
    const lacing = bytes.subarray(27, 27 + bytes[26]);
    let at = 27 + lacing.length;
    for (const length of lacing) {
      pieces.push(bytes.subarray(at, at + length));
      at += length;
      if (length === 255) continue;
      packets.push(Buffer.concat(pieces));
      pieces = [];
    }
  }
  return packets;
}

/** The same pages with other granule positions from the first page of audio on. */
function moved(file: Uint8Array, change: (granule: number, last: boolean) => number): Uint8Array {
  const pages = pagesOf(file);
  return fileOf(
    pages.map((page, i) =>
      page.granule > 0
        ? page.with({ granule: change(page.granule, i === pages.length - 1) })
        : page,
    ),
  );
}

const several = { vorbis44, opusStereo };

describe.each(Object.entries(several))("Ogg, %s in several pages", (_, { bytes }) => {
  it("notices every changed byte", async () => {
    for (let at = 0; at < bytes.length; at += 101) {
      const copy = bytes.slice();
      copy[at] ^= 0x20;
      expect(["corrupt-audio", "not-audio"]).toContain(await outcome(copy));
    }
  });

  it("notices a file that is cut short, except between its pages", async () => {
    const ends = new Set<number>();
    let end = 0;
    for (const page of pagesOf(bytes)) {
      end += page.bytes.length;
      ends.add(end);
    }
    for (let length = 64; length < bytes.length; length += 127) {
      if (!ends.has(length)) expect(await outcome(bytes.subarray(0, length))).toBe("corrupt-audio");
    }
    // A recording of a broadcast ends like this.
    const pages = pagesOf(bytes);
    const [whole] = await decodeBytes(bytes);
    const [begun] = await decodeBytes(fileOf(pages.slice(0, -2)));
    expect(begun.length).toBeLessThan(whole.length);
    expect(begun).toEqual(whole.subarray(0, begun.length));
  });

  it("gives the samples before the damage", async () => {
    const [whole] = await decodeBytes(bytes);
    const copy = bytes.slice();
    copy[copy.length - 3] ^= 1;
    const source = await decodeAudio(bytesOf(copy, "test"));
    const parts: Float32Array[] = [];
    const read = async () => {
      for await (const [left] of source.blocks()) parts.push(left);
    };
    await expect(read()).rejects.toMatchObject({ code: "corrupt-audio" });
    const given = Buffer.concat(parts.map((part) => Buffer.from(part.slice().buffer)));
    expect(given.length / 4).toBeGreaterThan(whole.length / 2);
    expect(given.equals(Buffer.from(whole.slice(0, given.length / 4).buffer))).toBe(true);
  });

  it("notices missing, doubled and exchanged pages", async () => {
    const pages = pagesOf(bytes);
    const of = (order: readonly number[]) => outcome(fileOf(order.map((i) => pages[i])));
    const all = pages.map((_, i) => i);
    expect(await of(all)).toBe("decoded");
    for (const i of all.slice(0, -1)) {
      expect(await of(all.filter((j) => j !== i))).toBe("corrupt-audio");
      expect(await of(all.flatMap((j) => (j === i ? [i, i] : [j])))).toBe("corrupt-audio");
      expect(await of(all.map((j) => (j === i ? i + 1 : j === i + 1 ? i : j)))).toBe(
        "corrupt-audio",
      );
    }
  });

  it("needs no mark at its end, and goes on after one", async () => {
    const pages = pagesOf(bytes);
    const last = pages.length - 1;
    const unmarked = fileOf(pages.map((page, i) => (i === last ? page.with({ flags: 0 }) : page)));
    expect(await decodeBytes(unmarked)).toEqual(await decodeBytes(bytes));
    const marked = fileOf(pages.map((page, i) => (i === 4 ? page.with({ flags: LAST }) : page)));
    expect(await decodeBytes(marked)).toEqual(await decodeBytes(bytes));
  });

  it("is the same however its packets are cut into pages", async () => {
    const pages = pagesOf(bytes);
    const packets = packetsOf(bytes);
    const headers = bytes === vorbis44.bytes ? 3 : 2;
    const end = pages[pages.length - 1].granule;
    // Pages of 255 bytes, most of them with a piece of a packet, but no more than one.
    const cut: Page[] = [];
    const serial = 77;
    for (const [i, packet] of packets.entries()) {
      for (let from = 0; from <= packet.length; from += 255) {
        const last = from + 255 > packet.length;
        const isEnd = last && i === packets.length - 1;
        const flags = (from > 0 ? 1 : 0) | (cut.length === 0 ? FIRST : 0) | (isEnd ? LAST : 0);
        const granule = last ? (i < headers ? 0 : isEnd ? end : -1) : -1;
        const fields = { flags, granule, serial, sequence: cut.length };
        cut.push(makePage([packet.subarray(from, from + 255)], fields, { open: !last }));
      }
    }
    expect(await decodeBytes(fileOf(cut))).toEqual(await decodeBytes(bytes));
  });

  it("passes over zeros and tags after the end, but not over anything else", async () => {
    const expected = await decodeBytes(bytes);
    const id1 = Buffer.concat([text("TAG"), new Uint8Array(125)]);
    expect(await decodeBytes(Buffer.concat([bytes, new Uint8Array(1000)]))).toEqual(expected);
    expect(await decodeBytes(Buffer.concat([bytes, id1]))).toEqual(expected);
    expect(await outcome(Buffer.concat([bytes, text("something else")]))).toBe("corrupt-audio");
  });

  it("may be counted from anywhere", async () => {
    const shifted = moved(bytes, (granule) => granule + 1e9);
    expect(await decodeBytes(shifted)).toEqual(await decodeBytes(bytes));
  });

  it("loses the samples before zero, and those after the last page's position", async () => {
    const whole = await decodeBytes(bytes);
    const begun = await decodeBytes(moved(bytes, (granule) => granule - 100));
    expect(begun).toEqual(whole.map((channel) => channel.subarray(100)));
    const ended = await decodeBytes(moved(bytes, (granule, last) => granule - (last ? 50 : 0)));
    expect(ended).toEqual(whole.map((channel) => channel.subarray(0, -50)));
  });

  it("may promise a few samples more than it has, not many", async () => {
    const more = (count: number) => moved(bytes, (granule, last) => granule + (last ? count : 0));
    expect((await decodeBytes(more(300)))[0].length).toBeGreaterThanOrEqual(10144);
    expect((await failure(more(20000))).message).toMatch(/\d+ samples are missing at the end/);
  });

  it("without any position gives all that the decoder gives", async () => {
    const blind = moved(bytes, () => -1);
    const [y] = await decodeBytes(blind);
    const [x] = await decodeBytes(bytes);
    expect(y.subarray(0, x.length)).toEqual(x);
  });

  it("has tags", async () => {
    const source = await decodeAudio(bytesOf(bytes, "test"));
    expect(source.tags).toEqual(fixtureTags);
    await source.close();
  });

  it("holds no samples without audio packets", async () => {
    const headers = pagesOf(bytes).slice(0, 2);
    expect(await outcome(fileOf(headers))).toBe("empty-audio");
    expect(await outcome(fileOf(headers.slice(0, 1)))).toBe("corrupt-audio");
  });
});

describe("chained Ogg", () => {
  it("gives all links, of one codec or of several", async () => {
    for (const files of [
      [vorbis44, vorbis44],
      [opusStereo, opusStereo, opusStereo],
      [vorbis48, opusSurround, vorbis48],
      [vorbis44, flac16],
    ]) {
      const parts = await Promise.all(files.map(({ bytes }) => decodeBytes(bytes)));
      const chained = await decodeBytes(Buffer.concat(files.map(({ bytes }) => bytes)));
      const expected = parts[0].map((_, channel) =>
        Float32Array.from(parts.flatMap((part) => [...part[channel]])),
      );
      expect(chained).toEqual(expected);
    }
  });

  it("must keep rate and channels", async () => {
    const rates = await failure(Buffer.concat([vorbis44.bytes, opusStereo.bytes]));
    expect(rates.code).toBe("unsupported-audio");
    expect(rates.message).toContain("2 channels at 44100 Hz to 2 channels at 48000 Hz");
    const channels = await failure(Buffer.concat([opusMono.bytes, opusStereo.bytes]));
    expect(channels.message).toContain("1 channels at 48000 Hz to 2 channels");
  });

  it("says so when the second link is damaged", async () => {
    const cut = Buffer.concat([vorbis44.bytes, vorbis44.bytes.subarray(0, 2000)]);
    expect((await failure(cut)).code).toBe("corrupt-audio");
  });
});

describe("Ogg with several streams side by side", () => {
  /** Pages in turn; the first pages first. */
  function interleaved(...files: readonly Uint8Array[]): Uint8Array {
    const streams = files.map((file, i) => pagesOf(file).map((page) => page.with({ serial: i })));
    const firsts = streams.flatMap((pages) => pages.splice(0, 1));
    const rest: Page[] = [];
    while (streams.some((pages) => pages.length > 0)) {
      for (const pages of streams) rest.push(...pages.splice(0, 1));
    }
    return fileOf([...firsts, ...rest]);
  }
  const video = fileOf([
    makePage([Buffer.from("\x80theora\x03\x02", "latin1")], { flags: FIRST, sequence: 0 }),
    makePage([new Uint8Array(300)], { flags: 0, sequence: 1, granule: 7 }),
    makePage([new Uint8Array(20000)], { flags: LAST, sequence: 2, granule: 9 }),
  ]);

  it("reads the first whose codec is known", async () => {
    const expected = await decodeBytes(vorbis44.bytes);
    expect(await decodeBytes(interleaved(video, vorbis44.bytes))).toEqual(expected);
    expect(await decodeBytes(interleaved(vorbis44.bytes, opusStereo.bytes))).toEqual(expected);
    expect(await decodeBytes(interleaved(opusStereo.bytes, vorbis44.bytes, video))).toEqual(
      await decodeBytes(opusStereo.bytes),
    );
  });

  it.each([
    ["\x80theora\x03\x02", "Theora (video)"],
    ["Speex   1.2", "Speex"],
    ["OpusHeadX", "Opus file of version"],
    ["whatever", "unknown codec"],
  ])("names what it does not know: %s", async (head, what) => {
    const packet = Buffer.concat([Buffer.from(head, "latin1"), new Uint8Array(20)]);
    const file = fileOf([
      makePage([packet], { flags: FIRST }),
      makePage([text("OpusTags"), new Uint8Array(9)], { flags: LAST, sequence: 1 }),
    ]);
    const error = await failure(file);
    expect(error.code).toBe("unsupported-audio");
    expect(error.message).toContain(what);
  });
});

describe("headers that lie", () => {
  /** The file with its first packet changed. */
  function withHead(file: Uint8Array, change: (head: DataView) => void): Uint8Array {
    const [first, ...pages] = pagesOf(file);
    const packet = first.bytes.slice(28);
    change(new DataView(packet.buffer));
    return fileOf([makePage([packet], { flags: FIRST, serial: serialOf(first) }), ...pages]);
  }
  const serialOf = ({ bytes }: Page) => new DataView(bytes.buffer).getUint32(14, true);

  it.each<[string, (head: DataView) => void, string]>([
    ["no channels", (head) => head.setUint8(11, 0), "corrupt-audio"],
    ["other channels", (head) => head.setUint8(11, 77), "corrupt-audio"],
    ["0 Hz", (head) => head.setUint32(12, 0, true), "corrupt-audio"],
    ["4 GHz", (head) => head.setUint32(12, 0xffffffff, true), "unsupported-audio"],
    ["another version", (head) => head.setUint32(7, 1, true), "corrupt-audio"],
    ["short blocks longer than long ones", (head) => head.setUint8(28, 0x8b), "corrupt-audio"],
    ["blocks too long", (head) => head.setUint8(28, 0xf6), "corrupt-audio"],
    ["no framing bit", (head) => head.setUint8(29, 0), "corrupt-audio"],
  ])("Vorbis: %s", async (_, change, code) => {
    expect(await outcome(withHead(vorbis44.bytes, change))).toBe(code);
  });

  it.each<[string, (head: DataView) => void, string]>([
    ["no channels", (head) => head.setUint8(9, 0), "corrupt-audio"],
    ["three channels without a mapping", (head) => head.setUint8(9, 3), "corrupt-audio"],
    ["another version", (head) => head.setUint8(8, 0x21), "unsupported-audio"],
    ["ambisonics", (head) => head.setUint8(18, 2), "unsupported-audio"],
    ["a mapping that is cut off", (head) => head.setUint8(18, 1), "corrupt-audio"],
  ])("Opus: %s", async (_, change, code) => {
    expect(await outcome(withHead(opusStereo.bytes, change))).toBe(code);
  });

  it.each<[string, (head: DataView) => void, string]>([
    ["too many streams", (head) => head.setUint8(19, 200), "corrupt-audio"],
    ["more coupled streams than streams", (head) => head.setUint8(20, 5), "corrupt-audio"],
    ["a channel of no stream", (head) => head.setUint8(22, 99), "corrupt-audio"],
    ["nine channels of family 1", (head) => head.setUint8(9, 9), "corrupt-audio"],
  ])("Opus surround: %s", async (_, change, code) => {
    expect(await outcome(withHead(opusSurround.bytes, change))).toBe(code);
  });

  it("Opus: the gain is applied, and the pre-skip is cut off, to the sample", async () => {
    const whole = await decodeBytes(opusStereo.bytes);
    const louder = await decodeBytes(
      withHead(opusStereo.bytes, (head) => head.setInt16(16, 20 * 256, true)),
    );
    expect(louder).toEqual(whole.map((channel) => channel.map((v) => v * 10)));
    const later = await decodeBytes(
      withHead(opusStereo.bytes, (head) => head.setUint16(10, 312 + 1000, true)),
    );
    expect(later).toEqual(whole.map((channel) => channel.subarray(1000)));
  });

  it("Opus: a silent channel, and channels without speakers", async () => {
    const silent = withHead(opusSurround.bytes, (head) => head.setUint8(21 + 5, 255));
    const loose = withHead(opusSurround.bytes, (head) => head.setUint8(18, 255));
    const whole = await decodeBytes(opusSurround.bytes);
    expect((await decodeBytes(silent))[5]).toEqual(new Float32Array(whole[5].length));
    const source = await decodeAudio(bytesOf(loose, "test"));
    expect(source.format.speakers).toBeUndefined();
    expect(await readAll(source)).toEqual(whole);
  });
});

it("other files are not taken for Ogg", async () => {
  expect(await outcome(m4aFixture.bytes)).toBe("unsupported-audio");
  expect(await outcome(text("OggS"))).toBe("corrupt-audio");
  expect(await outcome(fileOf(pagesOf(vorbis44.bytes).slice(2)))).toBe("corrupt-audio");
});
