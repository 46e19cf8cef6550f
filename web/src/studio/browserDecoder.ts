/** Decodes what the browser knows (AAC, MP3, Opus, …) in the containers that mediabunny reads, video files among them. */
import {
  ADTS,
  type AudioSample,
  AudioSampleSink,
  BlobSource,
  Input,
  type InputAudioTrack,
  MATROSKA,
  type MetadataTags,
  MP3,
  MP4,
  MPEG_TS,
  OGG,
  QTFF,
  WEBM,
} from "mediabunny";
import { AbortError, AudioError, type AudioSource, type AudioTags } from "xumx-slicq";

const formats = [MP4, QTFF, MATROSKA, WEBM, MP3, OGG, ADTS, MPEG_TS];

/** @returns undefined for what is no media file, holds no sound, or of a kind that the browser does not decode. */
export async function openWithBrowser(file: File): Promise<AudioSource | undefined> {
  const input = new Input({ source: new BlobSource(file), formats });
  try {
    const track = await playable(input);
    if (track) return await sourceOf(file.name, input, track);
  } catch (cause) {
    input.dispose();
    throw damaged(file.name, cause);
  }
  input.dispose();
  return undefined;
}

async function playable(input: Input): Promise<InputAudioTrack | undefined> {
  if (!("AudioDecoder" in globalThis) || !(await input.canRead())) return undefined;
  const track = await input.getPrimaryAudioTrack();
  return track && (await track.canDecode()) ? track : undefined;
}

async function sourceOf(name: string, input: Input, track: InputAudioTrack): Promise<AudioSource> {
  const [sampleRate, channels, seconds, codec] = await Promise.all([
    track.getSampleRate(),
    track.getNumberOfChannels(),
    track.computeDuration(),
    track.getCodec(),
  ]);
  const tags = tagsOf(await input.getMetadataTags().catch((): MetadataTags => ({})));
  const close = async () => input.dispose();
  return {
    format: {
      container: "other",
      sampleRate,
      channels,
      frames: undefined,
      approximateFrames: Math.round(seconds * sampleRate),
      sampleFormat: codec ?? "unknown",
    },
    tags,
    notices: [],
    async *blocks(signal) {
      try {
        for await (const sample of new AudioSampleSink(track).samples()) {
          if (signal?.aborted) throw new AbortError(signal.reason);
          const block = heard(sample);
          if (block[0].length > 0) yield block;
        }
      } catch (cause) {
        throw cause instanceof AbortError ? cause : damaged(name, cause);
      }
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** The samples from time 0 on: before it decoders warm up. */
function heard(sample: AudioSample): Float32Array<ArrayBuffer>[] {
  const { numberOfFrames, numberOfChannels, sampleRate, timestamp } = sample;
  const early = Math.min(numberOfFrames, Math.max(0, Math.round(-timestamp * sampleRate)));
  const channels = Array.from({ length: numberOfChannels }, (_, planeIndex) => {
    const out = new Float32Array(numberOfFrames);
    sample.copyTo(out, { planeIndex, format: "f32-planar" });
    return out.subarray(early);
  });
  sample.close();
  return channels;
}

function tagsOf({
  title,
  artist,
  album,
  albumArtist,
  genre,
  date,
  comment,
}: MetadataTags): AudioTags {
  const year = date?.getUTCFullYear().toString();
  const found = { title, artist, album, albumArtist, genre, date: year, comment };
  return Object.fromEntries(Object.entries(found).filter(([, text]) => text?.trim()));
}

function damaged(name: string, cause: unknown): AudioError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new AudioError(
    "corrupt-audio",
    `${name} cannot be decoded by this browser: ${reason}`,
    "Convert it to WAV or FLAC.",
    { cause },
  );
}
