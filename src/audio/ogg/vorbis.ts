/** Vorbis: its headers are read here, its packets are decoded by libvorbis. (Vorbis I specification.) */

import { AudioError } from "../../errors.ts";
import { importVorbis } from "../codecPackages.ts";
import { MAX_SAMPLE_RATE } from "../source.ts";
import { vorbisLayout } from "../speakers.ts";
import { corruptAudio } from "../streamedSource.ts";
import { commentTags, readComments } from "../tags/vorbisComment.ts";
import { type OggCodec, type PacketDecoder, PacketError } from "./codec.ts";

export const vorbis: OggCodec = {
  recognises: (first) => isHeader(first, 1),
  isComplete: (headers) => headers.length === 3,
  open(headers, name) {
    const [identification, comment, setup] = headers;
    if (!isHeader(comment, 3) || !isHeader(setup, 5)) {
      throw corruptAudio(name, "its Vorbis headers are missing or out of order.");
    }
    return {
      format: readIdentification(identification, name),
      tags: commentTags(readComments(comment.subarray(7))),
      preSkip: 0,
      makeDecoder: () => VorbisDecoder.create(identification, setup, name),
    };
  },
};

function isHeader(packet: Uint8Array, type: number): boolean {
  return String.fromCharCode(...packet.subarray(0, 7)) === `${String.fromCharCode(type)}vorbis`;
}

function readIdentification(packet: Uint8Array, name: string) {
  if (packet.length < 30) throw corruptAudio(name, "its Vorbis header is too short.");
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
  const version = view.getUint32(7, true);
  const channels = packet[11];
  const sampleRate = view.getUint32(12, true);
  const [short, long] = [packet[28] & 15, packet[28] >>> 4];
  if (channels === 0 || sampleRate === 0) {
    throw corruptAudio(name, `it claims ${channels} channels at ${sampleRate} Hz.`);
  }
  if (version !== 0 || short < 6 || long > 13 || short > long || (packet[29] & 1) === 0) {
    throw corruptAudio(name, "its Vorbis header is malformed.");
  }
  if (sampleRate > MAX_SAMPLE_RATE) {
    throw new AudioError(
      "unsupported-audio",
      `${name} claims a sample rate of ${sampleRate} Hz.`,
      "Convert it to 44100 Hz, or export it again.",
    );
  }
  return { sampleRate, channels, sampleFormat: "Vorbis", ...vorbisLayout(channels) };
}

/**
 * The package's decoder, as far as it is used. It takes pages as its own parser cuts them; we give it packets in the
 * same shape, because only then we know what became of each.
 */
interface PageDecoder {
  readonly ready: Promise<void>;
  decodeOggPages(pages: VorbisPage[]): Promise<VorbisSamples>;
  free(): void;
}

interface VorbisPage {
  readonly data: Uint8Array;
  readonly codecFrames: readonly {
    readonly data: Uint8Array;
    /** Of the first frame: `vorbisSetup`, the third header. */
    readonly header?: object;
  }[];
}

interface VorbisSamples {
  readonly channelData: Float32Array[];
  readonly samplesDecoded: number;
}

const nothing = new Uint8Array(0);

async function load(name: string): Promise<PageDecoder> {
  try {
    const { OggVorbisDecoder } = await importVorbis();
    const decoder = new OggVorbisDecoder();
    await decoder.ready;
    return decoder;
  } catch (cause) {
    throw new AudioError(
      "unsupported-audio",
      `${name} is an Ogg Vorbis file, and the Vorbis decoder cannot be loaded.`,
      "Install the package @wasm-audio-decoders/ogg-vorbis, or convert the file to WAV or FLAC.",
      { cause },
    );
  }
}

class VorbisDecoder implements PacketDecoder {
  readonly #decoder: PageDecoder;
  /** The first packet gives no samples: each is joined with the one before. */
  #first = true;

  static async create(
    identification: Uint8Array,
    setup: Uint8Array,
    name: string,
  ): Promise<VorbisDecoder> {
    const decoder = await load(name);
    try {
      await decoder.decodeOggPages([{ data: identification, codecFrames: [] }]);
      const codecFrames = [{ data: nothing, header: { vorbisSetup: setup } }];
      await decoder.decodeOggPages([{ data: nothing, codecFrames }]);
    } catch (cause) {
      decoder.free();
      throw corruptAudio(name, "its Vorbis headers cannot be read by the decoder.", cause);
    }
    return new VorbisDecoder(decoder);
  }

  private constructor(decoder: PageDecoder) {
    this.#decoder = decoder;
  }

  async decode(packet: Uint8Array): Promise<readonly Float32Array[]> {
    const { channelData, samplesDecoded } = await this.#run(packet);
    // The decoder does not say what is wrong; but a whole packet has samples.
    if (samplesDecoded === 0 && !this.#first) {
      throw new PacketError("a Vorbis packet cannot be decoded");
    }
    this.#first = false;
    return channelData;
  }

  async #run(packet: Uint8Array) {
    try {
      return await this.#decoder.decodeOggPages([
        { data: nothing, codecFrames: [{ data: packet }] },
      ]);
    } catch (cause) {
      throw new PacketError("a Vorbis packet cannot be decoded", { cause });
    }
  }

  free(): void {
    this.#decoder.free();
  }
}
