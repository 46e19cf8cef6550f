/** Opens a song's file: by the library's readers, or else by what the browser decodes. */
import {
  AudioError,
  type AudioNotice,
  type AudioSource,
  type AudioTags,
  bytesOfBlob,
  decodeAudio,
  inStereo,
  noticeText,
  stereoDownmix,
} from "xumx-slicq";

/** A song's audio in one or two channels. */
export interface OpenedSong extends AsyncDisposable {
  readonly source: AudioSource;
  readonly tags: AudioTags;
  /** For people: what was done to the song, and what is odd about its file; all once it has been read. */
  notices(): readonly string[];
  /** As of the source. */
  blocks(): AsyncIterable<readonly Float32Array[]>;
}

/** @throws {AudioError} the library's, also where the browser cannot decode the file either; AbortError */
export async function openSong(file: File, signal: AbortSignal): Promise<OpenedSong> {
  let head: AudioSource | undefined;
  try {
    head = await decodeAudio(bytesOfBlob(file, file.name), signal);
    const begun = await begin(head, signal);
    return opened(head, head.tags, begun);
  } catch (error) {
    await head?.close();
    if (!(error instanceof AudioError) || !browsersTurn.includes(error.code)) throw error;
    const { openWithBrowser } = await import("./browserDecoder.ts");
    const source = await openWithBrowser(file);
    if (!source) throw error;
    return opened(source, { ...source.tags, ...head?.tags }, await begin(source, signal));
  }
}

/** What the library has no decoder for, here. */
const browsersTurn: readonly string[] = ["unsupported-audio", "not-audio"];

interface Begun {
  readonly source: AudioSource;
  readonly first: IteratorResult<readonly Float32Array[]>;
  readonly rest: AsyncIterator<readonly Float32Array[]>;
}

/** Reads the first block: only then is it known whether there is a decoder. */
async function begin(whole: AudioSource, signal: AbortSignal): Promise<Begun> {
  const source = inStereo(whole);
  const rest = source.blocks(signal)[Symbol.asyncIterator]();
  return { source, first: await rest.next(), rest };
}

function opened(whole: AudioSource, tags: AudioTags, { source, first, rest }: Begun): OpenedSong {
  const { channels } = whole.format;
  const mixed = channels > 2 ? [`The song is ${stereoDownmix(whole.format).description}.`] : [];
  return {
    source,
    tags,
    notices: () => [...mixed, ...whole.notices.map((notice: AudioNotice) => noticeText(notice))],
    async *blocks() {
      for (let next = first; !next.done; next = await rest.next()) yield next.value;
    },
    async [Symbol.asyncDispose]() {
      await rest.return?.();
      await whole.close();
    },
  };
}
