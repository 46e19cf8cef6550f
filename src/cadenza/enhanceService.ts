/** Making a song for listeners as a service: one listener after the other. */
import type { SongStems } from "../datasets/index.ts";
import type { Listener } from "../metrics/haaqi/listeners.ts";
import type { Service } from "../threads/index.ts";
import { type EnhanceSettings, enhance } from "./enhance.ts";
import { writeEnhanced } from "./submission.ts";

/** A song for a listener. */
export interface ListenerJob {
  readonly listener: Listener;
  readonly song: string;
  /** At 44.1 kHz; in shared memory, where other threads listen. */
  readonly stems: SongStems;
  readonly settings: EnhanceSettings;
  /** Where the listeners' folders are. */
  readonly folder: string;
}

/** What is asked for. */
export interface EnhanceProtocol {
  /** Writes all files. */
  readonly enhance: { readonly request: ListenerJob; readonly answer: undefined };
}

/** Keeps nothing from listener to listener. */
export function enhanceService(): Service<EnhanceProtocol> {
  return {
    handlers: {
      async enhance({ listener, song, stems, settings, folder }) {
        await writeEnhanced(folder, listener, song, enhance(stems, listener, settings));
        return undefined;
      },
    },
  };
}
