/**
 * A stream in, a stream out: the vocals of a song of any length, in bounded memory, as FLAC.
 *
 *     node examples/stream.mjs [<song at 44.1 kHz, stereo> [<vocals.flac>]]
 */
import { fileURLToPath } from "node:url";
import { createAudioWriter, openAudio, openSeparator } from "xumx-slicq";

const here = fileURLToPath(new URL(".", import.meta.url));
const [song = `${here}song.wav`, out = `${here}separated/vocals.flac`] = process.argv.slice(2);

const separator = await openSeparator();
const source = await openAudio(song);
const writer = await createAudioWriter(
  out,
  { sampleRate: 44100, channels: 2 },
  { container: "flac", encoding: "int16" },
);
for await (const { vocals } of separator.stream(source.blocks(), { readAhead: Infinity }))
  await writer.write(vocals);
await writer.close();
await source.close();
await separator.close();
console.log(`${out}: ${writer.frames} samples`);
