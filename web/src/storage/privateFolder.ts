/** A folder of the origin's private files for one worker; what earlier ones have left behind is cleared away. */

const HOUSE = "xumx-slicq";

/** @returns undefined where the browser has no such files, or not for this page. */
export async function openPrivateFolder(): Promise<FileSystemDirectoryHandle | undefined> {
  try {
    const house = await (await navigator.storage.getDirectory()).getDirectoryHandle(HOUSE, {
      create: true,
    });
    const name = `page-${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
    await hold(name);
    const folder = await house.getDirectoryHandle(name, { create: true });
    await clear(house, name);
    return folder;
  } catch {
    // Private windows of some browsers, and pages that are not secure.
    return undefined;
  }
}

/** The lock says that the folder's owner lives: it ends with the worker, however that ends. */
function hold(name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(lockOf(name), () => {
        resolve();
        return new Promise<never>(() => undefined);
      })
      .catch(reject);
  });
}

async function clear(house: FileSystemDirectoryHandle, own: string): Promise<void> {
  for await (const name of house.keys()) {
    if (name === own) continue;
    await navigator.locks.request(lockOf(name), { ifAvailable: true }, async (lock) => {
      // Files of a worker that has just ended may still be locked: the next page clears them.
      if (lock) await house.removeEntry(name, { recursive: true }).catch(() => undefined);
    });
  }
}

function lockOf(name: string): string {
  return `${HOUSE}/${name}`;
}
