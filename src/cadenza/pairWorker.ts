/** The module of the threads that score pairs. */
import { serveInThread } from "../threads/node.ts";
import { pairService } from "./pairService.ts";

serveInThread(pairService());
