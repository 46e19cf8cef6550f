/** All parts of the app behind its view, put together. */

import type { ReadonlySignal } from "@preact/signals";
import type { Exporter } from "./exporting/exporter.ts";
import { createExporter } from "./exporting/exportFiles.ts";
import { createShelf, type ModelStock } from "./models/shelf.ts";
import { createQueue } from "./songs/queue.ts";
import type { SongQueue } from "./songs/song.ts";
import type { DeviceChoice } from "./studio/protocol.ts";
import { openStudio } from "./studio/studio.ts";

/** What the view shows and steers. */
export interface AppParts {
  readonly shelf: ModelStock;
  readonly queue: SongQueue;
  readonly exportFiles: Exporter;
}

/**
 * Opens the studio, and all that works with it. One of a page is enough.
 * @param device what the user wants to be used, "auto" by default
 */
export function openApp(device?: ReadonlySignal<DeviceChoice>): AppParts {
  const studio = openStudio();
  const shelf = createShelf(studio);
  return {
    shelf,
    queue: createQueue({ studio, shelf, ...(device && { device }) }),
    exportFiles: createExporter(studio),
  };
}
