/** A pool of engines that work on data: one in this thread, or several in threads of their own. */
import { LocalClient, Pool } from "../../threads/index.ts";
import { startThread } from "../../threads/node.ts";
import { type DataProtocol, dataService } from "./engine.ts";

/** Some engines, as one. */
export type DataCrew = Pool<DataProtocol>;

/** A crew of `threads` worker threads; of this thread for 0. */
export function makeCrew(threads: number): DataCrew {
  if (threads === 0) return new Pool(1, () => new LocalClient(dataService()));
  const url = new URL("./dataWorker.js", import.meta.url);
  return new Pool(threads, () =>
    startThread<DataProtocol>(url, {
      name: "A thread that prepares data",
      ending: "at once",
      hint: "There may be too little memory: use fewer workers or smaller batches.",
    }),
  );
}
