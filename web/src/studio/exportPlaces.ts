/** Where exported files go: a file or a folder of the user's, or downloads; each alone or in an archive. */
import { AudioError } from "xumx-slicq";
import { fileStream, makeScratchFile, type ScratchFile } from "../storage/scratchFile.ts";
import { Archive } from "./archive.ts";
import type { Outlet } from "./exporting.ts";
import type { Exported, ExportPlace } from "./protocol.ts";

/** The places of one export. */
export interface Outlets extends AsyncDisposable {
  outlet(fileName: string): Promise<Outlet>;
  /** Once all is written. */
  end(): Promise<Omit<Exported, "gain">>;
}

/** @param folder of private files, for what is written before it is downloaded or put into an archive. */
export async function openOutlets(
  place: ExportPlace,
  archive: string | undefined,
  folder: FileSystemDirectoryHandle | undefined,
): Promise<Outlets> {
  if (archive !== undefined) return archived(place, archive, folder);
  const names: string[] = [];
  const scratch: { readonly name: string; readonly file: ScratchFile }[] = [];
  return {
    async outlet(fileName) {
      names.push(fileName);
      if (place.kind === "file") return { fileName, open: () => fileStream(place.handle) };
      if (place.kind === "folder") {
        const file = await place.handle.getFileHandle(fileName, { create: true });
        return { fileName, open: () => fileStream(file) };
      }
      const file = await makeScratchFile(scratchName(fileName), folder);
      scratch.push({ name: fileName, file });
      return { fileName, open: () => file.open() };
    },
    async end() {
      const files = scratch.map(async ({ name, file }) => ({
        name,
        content: await file.content(),
      }));
      return { names, files: await Promise.all(files) };
    },
    async [Symbol.asyncDispose]() {},
  };
}

async function archived(
  place: ExportPlace,
  name: string,
  folder: FileSystemDirectoryHandle | undefined,
): Promise<Outlets> {
  if (place.kind === "folder") {
    throw new AudioError("unwritable", "An archive is one file, and needs a place for one.");
  }
  const made = place.kind === "download" && (await makeScratchFile(scratchName(name), folder));
  const archive = new Archive(made ? await made.open() : await fileStream(targetOf(place)));
  let ended = false;
  return {
    async outlet(fileName) {
      const file = await makeScratchFile(scratchName(fileName), folder);
      return {
        fileName,
        open: () => file.open(),
        async done() {
          await archive.add(fileName, await file.content());
          await file.remove();
        },
      };
    },
    async end() {
      await archive.close();
      ended = true;
      return { names: [name], files: made ? [{ name, content: await made.content() }] : [] };
    },
    async [Symbol.asyncDispose]() {
      if (!ended) await archive.abort().catch(() => undefined);
    },
  };
}

function targetOf(place: ExportPlace): FileSystemFileHandle {
  if (place.kind === "file") return place.handle;
  throw new TypeError("no file");
}

let scratchFiles = 0;

function scratchName(fileName: string): string {
  return `${++scratchFiles}.${fileName.slice(-4).replace(/[^a-z]/gi, "")}`;
}
