/** Exports: what is asked for becomes sounds with names, and a place for them is found. */
import { type OutputFormat, portableName, stemTags } from "xumx-slicq";
import { QueuedSong } from "../songs/queuedSong.ts";
import type { ExportPlace, ExportSound } from "../studio/protocol.ts";
import type { Studio } from "../studio/studio.ts";
import type { Exporter, ExportFormat, ExportRequest } from "./exporter.ts";
import { pickFile, pickFolder } from "./pickers.ts";

const formats: Readonly<Record<ExportFormat, OutputFormat>> = {
  "wav-16": { container: "wav", encoding: "int16" },
  "wav-24": { container: "wav", encoding: "int24" },
  "wav-float": { container: "wav", encoding: "float32" },
  "flac-16": { container: "flac", encoding: "int16" },
  "flac-24": { container: "flac", encoding: "int24" },
};

/** Bytes of a name, so that room is left for stem and ending. */
const MOST_NAME_BYTES = 160;

/** An exporter of the songs that a studio keeps. */
export function createExporter(studio: Studio): Exporter {
  return async (request) => {
    const { song, format, what, signal, onProgress, onGain } = request;
    const base = portableName(nameOf(song.fileName), MOST_NAME_BYTES);
    const output = formats[format];
    const sounds = soundsOf(request, base);
    const archive = what.kind === "stems" && what.as === "zip" ? `${base}.zip` : undefined;
    const place = await placeFor(sounds, archive, output);
    if (!place) return [];
    const { names, gain, files } = await studio.ask(
      "export",
      { song: song.id, sounds, format: output, place, ...(archive !== undefined && { archive }) },
      { signal, onEvent: ({ fraction }) => onProgress?.(fraction) },
    );
    for (const { name, content } of files) download(name, content);
    if (gain < 1) onGain?.(gain);
    return names;
  };
}

function nameOf(fileName: string): string {
  return fileName.replace(/(?<=.)\.[^.]+$/, "");
}

function soundsOf({ song, what }: ExportRequest, base: string): readonly ExportSound[] {
  const tags = song instanceof QueuedSong ? song.tags : {};
  const titled = (name: string) => stemTags(tags, name).title ?? "";
  if (what.kind === "stems") {
    return what.names.map((name) => ({
      fileName: `${base} (${name})`,
      title: titled(name),
      parts: [{ track: name, gain: 1, pan: 0 }],
    }));
  }
  const stems = song.tracks.value.filter(({ name }) => name !== "original");
  const parts = stems.map(({ name: track }) => ({
    track,
    ...{ gain: 1, pan: 0 },
    ...what.gains[track],
  }));
  const heard = parts.filter(({ gain }) => gain > 0);
  return [
    { fileName: `${base} (mix)`, title: titled("mix"), parts: heard.length > 0 ? heard : parts },
  ];
}

/** Where files go: as the user says where the browser can ask, else downloads; undefined if the user wants none. */
async function placeFor(
  sounds: readonly ExportSound[],
  archive: string | undefined,
  { container }: OutputFormat,
): Promise<ExportPlace | undefined> {
  const [first, second] = sounds;
  if (archive === undefined && second) return pickFolder();
  return pickFile(archive ?? `${first.fileName}.${container}`);
}

/** Gives a file to the browser's downloads. */
function download(name: string, content: Blob): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // Downloads have begun by then, however slow the machine.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
