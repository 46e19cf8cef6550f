/** Forces files and names onto the disk, so that a power cut after "done" takes nothing back. */
import { open } from "node:fs/promises";
import { systemCode } from "./fileError.ts";

/** Systems on which a folder cannot be forced (Windows, some network disks) say one of these. */
const unsupported = ["EISDIR", "EPERM", "EACCES", "EINVAL", "ENOTSUP", "EBADF", "ENOSYS"];

/** Forces the names in a folder onto the disk, where the system can do that. @throws system errors */
export async function syncFolder(path: string): Promise<void> {
  try {
    const handle = await open(path, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (!unsupported.includes(systemCode(error) ?? "")) throw error;
  }
}
