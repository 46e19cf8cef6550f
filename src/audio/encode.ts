/** The encoder for every output format, and which shapes of audio each format can hold. */
import { ArgumentError } from "../errors.ts";
import type { Encoder, EncoderOptions } from "./encoders/encoder.ts";
import { FlacEncoder } from "./encoders/flacEncoder.ts";
import { loadLame, Mp3Encoder } from "./encoders/mp3Encoder.ts";
import { mp3Bitrates } from "./encoders/mp3Layout.ts";
import { loadLibopus, OpusEncoder } from "./encoders/opusEncoder.ts";
import { WavEncoder } from "./encoders/wavEncoder.ts";
import type { AudioShape, OutputFormat } from "./outputFormat.ts";
import { MAX_SAMPLE_RATE } from "./source.ts";

interface Limits {
  readonly name: string;
  readonly minRate: number;
  readonly maxRate: number;
  readonly maxChannels: number;
}

const limits: Readonly<Record<OutputFormat["container"], Limits>> = {
  // Frames of WAV may not be longer than 65535 bytes.
  wav: { name: "WAV", minRate: 1, maxRate: MAX_SAMPLE_RATE, maxChannels: 16383 },
  flac: { name: "FLAC", minRate: 1, maxRate: 655350, maxChannels: 8 },
  // What the resampler takes.
  mp3: { name: "MP3", minRate: 1000, maxRate: MAX_SAMPLE_RATE, maxChannels: 2 },
  opus: { name: "Opus", minRate: 1000, maxRate: MAX_SAMPLE_RATE, maxChannels: 2 },
};

/**
 * Tells early whether a format can hold audio of this shape and its encoder is there.
 * @throws ArgumentError for a shape or a bit rate that the format cannot have; AudioError "unsupported-audio" when
 * the encoder is not installed.
 */
export async function checkOutput(format: OutputFormat, shape: AudioShape): Promise<void> {
  const { name, minRate, maxRate, maxChannels } = limits[format.container];
  const { sampleRate, channels } = shape;
  if (!Number.isInteger(sampleRate) || sampleRate < minRate || sampleRate > maxRate) {
    throw new ArgumentError(
      `Cannot write ${name} of ${sampleRate} Hz.`,
      `Choose ${minRate} to ${maxRate} Hz, or another output format.`,
    );
  }
  if (!Number.isInteger(channels) || channels < 1 || channels > maxChannels) {
    throw new ArgumentError(
      `Cannot write ${name} of ${channels} channels.`,
      `Choose 1 to ${maxChannels} channels, or another output format.`,
    );
  }
  if (format.container === "opus") {
    const { bitrate } = format;
    if (!(bitrate >= 6 && bitrate <= 510)) {
      throw new ArgumentError(`Cannot write Opus of ${bitrate} kbit/s.`, "Choose 6 to 510 kbit/s.");
    }
    await loadLibopus();
  }
  if (format.container === "mp3") {
    const { bitrate } = format;
    if (!mp3Bitrates.some((rate) => rate === bitrate)) {
      throw new ArgumentError(
        `Cannot write MP3 of ${bitrate} kbit/s.`,
        `Choose ${mp3Bitrates.join(", ")} kbit/s.`,
      );
    }
    await loadLame();
  }
}

/**
 * Begins the encoding of one signal; to be released at the end.
 * @throws what {@link checkOutput} throws.
 */
export async function encodeAudio(
  format: OutputFormat,
  shape: AudioShape,
  options: EncoderOptions = {},
): Promise<Encoder> {
  await checkOutput(format, shape);
  switch (format.container) {
    case "wav":
      return new WavEncoder(shape, format.encoding, options);
    case "flac":
      return new FlacEncoder({ ...shape, bits: format.encoding === "int16" ? 16 : 24 }, options);
    case "opus":
      return OpusEncoder.create(shape, format.bitrate, options);
    case "mp3":
      return Mp3Encoder.create(shape, format.bitrate, options);
  }
}
