/** The module of the threads that make songs for listeners. */
import { serveInThread } from "../threads/node.ts";
import { enhanceService } from "./enhanceService.ts";

serveInThread(enhanceService());
