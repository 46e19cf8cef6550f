/** The packets of one stream of an Ogg file. Streams lie side by side in a link; links follow one another in a chain. */
import { corruptAudio, UnsupportedFormat } from "../streamedSource.ts";
import type { OggAudio, OggCodec } from "./codec.ts";
import { flacInOgg } from "./flac.ts";
import { opus } from "./opus.ts";
import type { OggPage, PageReader } from "./page.ts";
import { vorbis } from "./vorbis.ts";

const codecs: readonly OggCodec[] = [vorbis, opus, flacInOgg];

/** First packets of streams that are not decoded here. */
const others: readonly (readonly [RegExp, string])[] = [
  [/^Speex {3}/, "Speex"],
  [/^.theora/s, "Theora (video)"],
  [/^BBCD/, "Dirac (video)"],
  [/^fLaC/, "FLAC of an early version"],
  [/^.PCM {5}/s, "PCM"],
  [/^CELT {4}/, "CELT"],
];

/** More streams side by side are damage. */
const MAX_STREAMS = 100;
/** Longer packets are damage; headers with pictures in them have some MB. */
const MAX_PACKET = 1 << 26;
/** Pages that come again come soon; a longer way back is another count. */
const MAX_BACK = 1000;

/** What a page brings to its stream. */
export interface PagePackets {
  /** Packets that end on the page. */
  readonly packets: readonly Uint8Array[];
  readonly granule: number | undefined;
  /** There are no more pages of the stream. */
  readonly last: boolean;
  /** Why packets are missing before these. */
  readonly damage?: string;
  /** Of the page, in the file. */
  readonly position: number;
}

export interface Link {
  readonly serial: number;
  readonly audio: OggAudio;
  /** Audio streams that lie side by side in it, the read one included. */
  readonly streams: number;
  /** What was lost before it. */
  readonly damage: string | undefined;
  /** All pages after the headers. May be read once. @throws AudioError "corrupt-audio". */
  pages(signal?: AbortSignal): AsyncGenerator<PagePackets, void, void>;
  /** Whether the last packet has no end; known once the pages have been read. */
  isTorn(): boolean;
}

/**
 * Reads the next link's headers.
 * @param wanted of the streams in it whose codec is known, this one, from 1.
 * @returns undefined at the end of the file.
 * @throws AudioError "unsupported-audio" if there is no such stream, "corrupt-audio".
 */
export async function nextLink(
  reader: PageReader,
  wanted: number,
  signal?: AbortSignal,
): Promise<Link | undefined> {
  const { name } = reader;
  const firsts: OggPage[] = [];
  let damage: string | undefined;
  for (let page = await reader.peek(signal); page?.begins; page = await reader.peek(signal)) {
    if (firsts.length === MAX_STREAMS || firsts.some(({ serial }) => serial === page.serial)) {
      throw corruptAudio(name, `the Ogg page at byte ${page.position} begins a stream too many.`);
    }
    firsts.push(page);
    damage ??= page.damage;
    reader.skip();
  }
  const known = firsts.filter(({ body }) => codecs.some((codec) => codec.recognises(body)));
  const page = known[wanted - 1] ?? known[0];
  const codec = codecs.find((codec) => page && codec.recognises(page.body));
  if (!page || !codec) {
    if (firsts.length > 0) throw new UnsupportedFormat(name, `an Ogg file of ${kindOf(firsts[0])}`);
    if (await reader.peek(signal))
      throw corruptAudio(name, "the beginning of its stream is missing.");
    return undefined;
  }
  const pages = new StreamPages(reader, page);
  const headers: Uint8Array[] = [];
  let rest: PagePackets | undefined;
  while (!(headers.length > 0 && codec.isComplete(headers))) {
    rest ??= await pages.next(signal);
    if (!rest) throw corruptAudio(name, "it ends within its headers.");
    if (rest.damage) throw corruptAudio(name, `${rest.damage}, within its headers.`);
    const [header, ...packets] = rest.packets;
    if (header) headers.push(header);
    rest = packets.length > 0 ? { ...rest, packets } : undefined;
    if (headers.length > 1000) throw corruptAudio(name, "its headers have no end.");
  }
  return {
    serial: page.serial,
    streams: known.length,
    damage,
    audio: codec.open(headers, name),
    async *pages(signal) {
      if (rest) yield rest;
      for (let next = await pages.next(signal); next; next = await pages.next(signal)) yield next;
    },
    isTorn: () => pages.isTorn,
  };
}

function kindOf(page: OggPage): string {
  const head = String.fromCharCode(...page.body.subarray(0, 16));
  return others.find(([pattern]) => pattern.test(head))?.[1] ?? "an unknown codec";
}

/** Puts the packets of one stream together, up to the end of its link. */
class StreamPages {
  readonly #reader: PageReader;
  readonly #serial: number;
  #page: OggPage | undefined;
  #sequence: number;
  /** What has been lost since the last page. */
  #damage: string | undefined;
  /** Pieces of a packet that goes on on the next page. */
  #pieces: Uint8Array[] = [];
  /** What befell the next page; comes after this page's packets. */
  #failure: { readonly error: unknown } | undefined;

  constructor(reader: PageReader, first: OggPage) {
    this.#reader = reader;
    this.#serial = first.serial;
    this.#page = first;
    this.#sequence = first.sequence;
  }

  async next(signal: AbortSignal | undefined): Promise<PagePackets | undefined> {
    if (this.#failure) throw this.#failure.error;
    const page = this.#page;
    if (!page) return undefined;
    const packets = this.#packetsOf(page);
    const damage = this.#damage;
    this.#damage = undefined;
    // The next page tells whether this one is the last: the mark is missing from streams that were recorded.
    try {
      this.#page = await this.#find(signal);
    } catch (error) {
      this.#failure = { error };
    }
    const { granule, position } = page;
    const last = !this.#page && !this.#failure;
    return { packets, granule, last, position, ...(damage !== undefined && { damage }) };
  }

  /** Whether the last packet has no end. */
  get isTorn(): boolean {
    return this.#pieces.length > 0;
  }

  /** The stream's next page in this link. */
  async #find(signal: AbortSignal | undefined): Promise<OggPage | undefined> {
    for (;;) {
      const page = await this.#reader.peek(signal);
      if (!page || page.begins) return undefined;
      this.#reader.skip();
      this.#damage ??= page.damage;
      if (page.serial !== this.#serial) continue;
      const expected = (this.#sequence + 1) >>> 0;
      if (page.sequence !== expected) {
        this.#damage ??= `pages are missing or out of order before byte ${page.position}`;
        // A page that was there already.
        if (page.sequence <= this.#sequence && this.#sequence - page.sequence < MAX_BACK) continue;
      }
      this.#sequence = page.sequence;
      return page;
    }
  }

  #packetsOf({ lacing, body, continues, position }: OggPage): Uint8Array[] {
    const isTorn = continues !== this.#pieces.length > 0;
    if (isTorn) this.#damage ??= `a packet is torn at the Ogg page at byte ${position}`;
    if (isTorn || this.#damage !== undefined) this.#pieces = [];
    // The rest of a packet whose beginning is lost.
    let isLost = continues && this.#pieces.length === 0;
    const packets: Uint8Array[] = [];
    let from = 0;
    let at = 0;
    for (const length of lacing) {
      at += length;
      if (length === 255) continue;
      if (isLost) isLost = false;
      else packets.push(this.#complete(body.subarray(from, at)));
      from = at;
    }
    if (at > from && !isLost) this.#pieces.push(body.subarray(from));
    if (this.#pieces.length * 255 * 255 > MAX_PACKET) {
      throw corruptAudio(this.#reader.name, `a packet has no end (byte ${position}).`);
    }
    return packets;
  }

  #complete(piece: Uint8Array): Uint8Array {
    if (this.#pieces.length === 0) return piece;
    const pieces = [...this.#pieces, piece];
    this.#pieces = [];
    const packet = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const part of pieces) {
      packet.set(part, at);
      at += part.length;
    }
    return packet;
  }
}
