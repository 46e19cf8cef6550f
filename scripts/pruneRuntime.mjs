/** Removes the native runtime's binaries of other platforms, in the folder this is run in: for container images. */
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

const root = join("node_modules", "onnxruntime-node", "bin");
if (existsSync(root)) {
  for (const binding of readdirSync(root)) {
    for (const platform of readdirSync(join(root, binding))) {
      const folder = join(root, binding, platform);
      if (platform !== process.platform) rmSync(folder, { recursive: true });
      else {
        for (const processor of readdirSync(folder)) {
          if (processor !== process.arch) rmSync(join(folder, processor), { recursive: true });
        }
      }
    }
  }
}
