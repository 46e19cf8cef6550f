/** The page's door to the studio. */
import { Asker } from "./asking.ts";
import type { StudioProtocol } from "./protocol.ts";

export type Studio = Asker<StudioProtocol>;

/** Starts the worker. One of a page is enough. */
export function openStudio(): Studio {
  const worker = new Worker(new URL("./studioWorker.ts", import.meta.url), {
    type: "module",
    name: "studio",
  });
  return new Asker<StudioProtocol>(worker);
}
