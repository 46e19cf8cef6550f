/** The module of the threads that score tracks. */
import { serveInThread } from "../threads/node.ts";
import { trackService } from "./trackService.ts";

serveInThread(trackService());
