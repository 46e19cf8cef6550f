/** All parts of the app behind its view, put together. */

import { effect } from "@preact/signals";
import type { Exporter } from "./exporting/exporter.ts";
import { createExporter } from "./exporting/exportFiles.ts";
import { createShelf, type ModelStock } from "./models/shelf.ts";
import type { SpectrogramArtist } from "./pictures/spectrogram.ts";
import { keepOffline, type Offline } from "./serviceWorker/offline.ts";
import { createQueue, type QueueParts } from "./songs/queue.ts";
import type { SongQueue } from "./songs/song.ts";
import { type Capabilities, capabilities } from "./studio/capabilities.ts";
import { openStudio } from "./studio/studio.ts";

declare global {
  interface Navigator {
    /** Of some browsers. */
    readonly connection?: { readonly saveData?: boolean };
  }
}

/** What the view shows and steers. */
export interface AppParts {
  readonly shelf: ModelStock;
  readonly queue: SongQueue;
  readonly exportFiles: Exporter;
  readonly drawSpectrogram: SpectrogramArtist;
  readonly offline: Offline;
  readonly capabilities: Capabilities;
}

/** Opens the studio, and all that works with it. One of a page is enough. @param wishes what computes, and how much of it */
export function openApp(wishes: Pick<QueueParts, "device" | "threads" | "passes"> = {}): AppParts {
  const studio = openStudio();
  const shelf = createShelf(studio);
  const offline = keepOffline();
  bringEarly(shelf, offline);
  return {
    shelf,
    queue: createQueue({ studio, shelf, ...wishes }),
    exportFiles: createExporter(studio),
    drawSpectrogram: (request, signal) => studio.ask("spectrogram", request, { signal }),
    offline,
    capabilities: capabilities(),
  };
}

/** Has the chosen model fetched before it is needed, so that the next visit can do without network. */
function bringEarly(shelf: ModelStock, { ready }: Offline): void {
  const stop = effect(() => {
    if (!ready.value) return;
    queueMicrotask(() => stop());
    // Whoever must spare data fetches it with the first song; failures are shown then, too.
    if (!navigator.connection?.saveData) shelf.bring(shelf.chosen.peek()).catch(() => undefined);
  });
}
