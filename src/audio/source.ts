/** What every decoder gives: a format, tags, and planar float32 blocks until the end of the audio. */
import type { AudioNotice } from "./notices.ts";
import type { SpeakerLayout } from "./speakers.ts";
import type { AudioTags } from "./tags.ts";

/** Largest sample rate accepted, Hz. */
export const MAX_SAMPLE_RATE = 768000;
/** Most channels accepted. */
export const MAX_CHANNELS = 255;

/** What the headers of a file tell. */
export interface AudioFormat extends SpeakerLayout {
  /** "other" is what ffmpeg decoded. */
  readonly container: "wav" | "aiff" | "flac" | "mp3" | "ogg" | "other";
  /** Hz. */
  readonly sampleRate: number;
  readonly channels: number;
  /** Samples per channel, where the headers tell and the file's size does not speak against it. */
  readonly frames: number | undefined;
  /** An estimate where `frames` is unknown: for progress alone. */
  readonly approximateFrames?: number;
  /** For people: "int16", "float32", "MPEG-1 layer III", "Vorbis". */
  readonly sampleFormat: string;
}

/** Audio that can be read once, from its beginning to its end. */
export interface AudioSource extends AsyncDisposable {
  readonly format: AudioFormat;
  /** What the file says about the song; empty where it says nothing, or nothing legible. */
  readonly tags: AudioTags;
  /** What is worth knowing about the file, and what is wrong with it; all of it once its blocks have ended. */
  readonly notices: readonly AudioNotice[];
  /**
   * Blocks of samples, one array per channel, equal lengths of at least 1, nominally within ±1. Stopping early is
   * fine. May be called once.
   * @throws AudioError "corrupt-audio" for damage that may not be passed over (after the samples before it),
   * "empty-audio" when there is not one sample; AbortError as soon as `signal` fires, even if no bytes come; ClosedError.
   */
  blocks(signal?: AbortSignal): AsyncIterable<readonly Float32Array[]>;
  /** Releases the file and the decoder; harmless to repeat. */
  close(): Promise<void>;
}
