/** What the origin's private files offer to workers alone; TypeScript's library for pages leaves it out. */

interface FileSystemSyncAccessHandle {
  /** @returns the number of bytes that were read. */
  read(into: ArrayBufferView, options: { readonly at: number }): number;
  write(from: ArrayBufferView, options: { readonly at: number }): number;
  close(): void;
}

interface FileSystemFileHandle {
  createSyncAccessHandle(): Promise<FileSystemSyncAccessHandle>;
}
