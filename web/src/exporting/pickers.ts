/** Asks the user for a file or a folder to write to, where the browser can. */
import type { ExportPlace } from "../studio/protocol.ts";

declare global {
  // The pickers of the File System Access API, which some browsers have.
  var showSaveFilePicker:
    | ((options: { readonly suggestedName: string }) => Promise<FileSystemFileHandle>)
    | undefined;
  var showDirectoryPicker:
    | ((options: { readonly mode: "readwrite" }) => Promise<FileSystemDirectoryHandle>)
    | undefined;
}

/** @returns undefined if the user closed the picker. */
export function pickFile(suggestedName: string): Promise<ExportPlace | undefined> {
  return picked(async () => {
    const handle = await globalThis.showSaveFilePicker?.({ suggestedName });
    return handle && { kind: "file", handle };
  });
}

/** As {@link pickFile}. */
export function pickFolder(): Promise<ExportPlace | undefined> {
  return picked(async () => {
    const handle = await globalThis.showDirectoryPicker?.({ mode: "readwrite" });
    return handle && { kind: "folder", handle };
  });
}

async function picked(
  pick: () => Promise<ExportPlace | undefined>,
): Promise<ExportPlace | undefined> {
  try {
    return (await pick()) ?? { kind: "download" };
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return undefined;
    // Pages in frames, and clicks that lie too far back, may not ask.
    if (error instanceof DOMException && error.name === "SecurityError")
      return { kind: "download" };
    throw error;
  }
}
