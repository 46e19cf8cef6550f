/** The files of what was dropped or pasted: also those within folders. */

/** Reads at once what a drop holds, and then its folders. */
export async function droppedFiles(data: DataTransfer | null): Promise<readonly File[]> {
  if (!data) return [];
  // Entries must be taken before the event ends.
  const entries = [...data.items].map((item) =>
    item.kind === "file" ? item.webkitGetAsEntry() : null,
  );
  const plain = [...data.files];
  if (!entries.some((entry) => entry?.isDirectory)) return plain;
  const found = await Promise.all(entries.map((entry) => (entry ? filesOf(entry) : [])));
  return found.flat();
}

async function filesOf(entry: FileSystemEntry): Promise<readonly File[]> {
  if (isFile(entry)) return [await new Promise<File>((done, fail) => entry.file(done, fail))];
  if (!isFolder(entry)) return [];
  const reader = entry.createReader();
  const files: File[] = [];
  // A reader gives a hundred entries at a time, and none at the end.
  for (;;) {
    const part = await new Promise<FileSystemEntry[]>((done, fail) =>
      reader.readEntries(done, fail),
    );
    if (part.length === 0) return files.filter((file) => isSound(file) || isWeights(file));
    files.push(...(await Promise.all(part.map(filesOf))).flat());
  }
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}

function isFolder(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}

/** Whether a file may be weights of a network, or what belongs to them. */
export function isWeights({ name }: Pick<File, "name">): boolean {
  return /\.(safetensors|pth|json)$/i.test(name);
}

/** Whether a file of a folder may be a song: covers and lists of songs are left out. */
export function isSound({ name, type }: File): boolean {
  if (/^(audio|video)\//.test(type)) return true;
  return /\.(wav|wave|aiff?|flac|mp3|m4a|mp4|aac|ogg|oga|opus|webm|mkv|mov)$/i.test(name);
}
