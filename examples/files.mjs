/**
 * Files and folders in, files out: a song's vocals and accompaniment, as fine as the song itself.
 *
 *     node examples/files.mjs [<output folder> [<songs, folders, patterns> …]]
 */
import { fileURLToPath } from "node:url";
import { demixFiles, openSeparator } from "xumx-slicq";

const here = fileURLToPath(new URL(".", import.meta.url));
const [out = `${here}separated`, ...songs] = process.argv.slice(2);

const separator = await openSeparator();
const outcomes = await demixFiles(separator, songs.length > 0 ? songs : [`${here}song.wav`], out, {
  twoStems: "vocals",
  format: { container: "flac", encoding: "input" },
  pattern: "{track} ({stem})",
  start: 0.5,
  duration: 2,
});
await separator.close();

for (const outcome of outcomes) {
  if (outcome.kind === "failed") console.log(`${outcome.song}: ${outcome.error.message}`);
  if (outcome.kind !== "done") continue;
  for (const { name, path, peak } of outcome.result.files) {
    console.log(`${name}: ${path}, peak ${peak.toFixed(2)}`);
  }
}
