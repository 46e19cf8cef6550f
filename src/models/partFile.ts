/**
 * A download that is not yet whole. It lies beside the file it will be, and belongs to one download at a time.
 *
 * While bytes arrive it bears a name of its own, `<file>.<letters>.part`, so that downloads of one model that run at
 * once, in any number of programs, never write to the same file. One that is given up is renamed to `<file>.part`,
 * from where the next download takes it: only one can succeed in renaming it. Parts that a killed program left are
 * taken too, once nobody has written to them for a while.
 */
import { randomBytes } from "node:crypto";
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** Seconds after which a part that nobody writes to has no owner. Longer than any pause of a living download. */
const ABANDONED = 180;

export class PartFile {
  /** The file that this will be. */
  readonly target: string;
  readonly #path: string;
  readonly #handle: FileHandle;
  #size: number;

  /** Takes what an earlier download left, or begins anew. Makes the folder. @throws system errors */
  static async claim(target: string): Promise<PartFile> {
    await mkdir(dirname(target), { recursive: true });
    const path = `${target}.${randomBytes(4).toString("hex")}.part`;
    for (const left of await abandonedParts(target)) {
      // Another download may have been faster.
      if (await renamed(left, path)) break;
    }
    const handle = await open(path, "a");
    const { size } = await handle.stat();
    return new PartFile(target, path, handle, size);
  }

  private constructor(target: string, path: string, handle: FileHandle, size: number) {
    this.target = target;
    this.#path = path;
    this.#handle = handle;
    this.#size = size;
  }

  /** Bytes at hand. */
  get size(): number {
    return this.#size;
  }

  /** Begins anew. */
  async clear(): Promise<void> {
    await this.#handle.truncate(0);
    this.#size = 0;
  }

  async append(bytes: Uint8Array): Promise<void> {
    await this.#handle.appendFile(bytes);
    this.#size += bytes.length;
  }

  /** What is at hand, read back from the disk. */
  async *content(): AsyncGenerator<Uint8Array> {
    const handle = await open(this.#path, "r");
    try {
      for await (const chunk of handle.createReadStream({
        highWaterMark: 1 << 20,
        autoClose: false,
      }))
        yield chunk;
    } finally {
      await handle.close();
    }
  }

  /** Gives the file its name, and removes what other downloads of it left. */
  async finish(): Promise<void> {
    await this.#handle.sync();
    await this.#handle.close();
    await rename(this.#path, this.target);
    for (const left of await abandonedParts(this.target)) await rm(left, { force: true });
  }

  /** Leaves what is at hand to the next download. */
  async leave(): Promise<void> {
    if (this.#size === 0) return this.discard();
    await this.#handle.close().catch(() => {});
    await renamed(this.#path, `${this.target}.part`);
  }

  async discard(): Promise<void> {
    await this.#handle.close().catch(() => {});
    await rm(this.#path, { force: true }).catch(() => {});
  }
}

/** Parts of a file that no download owns, the largest first. */
export async function abandonedParts(target: string): Promise<readonly string[]> {
  const folder = dirname(target);
  const name = basename(target);
  const found: { path: string; size: number }[] = [];
  for (const entry of await readdir(folder).catch(() => [])) {
    if (!entry.startsWith(`${name}.`) || !entry.endsWith(".part")) continue;
    const path = join(folder, entry);
    const about = await stat(path).catch(() => undefined);
    if (!about?.isFile()) continue;
    const idle = (Date.now() - about.mtimeMs) / 1e3;
    if (entry === `${name}.part` || idle > ABANDONED) found.push({ path, size: about.size });
  }
  return found.sort((a, b) => b.size - a.size).map(({ path }) => path);
}

async function renamed(from: string, to: string): Promise<boolean> {
  return rename(from, to).then(
    () => true,
    () => false,
  );
}
