/** The module of an engine's thread in Node. */
import { serveInThread } from "../threads/node.ts";
import { pieceService } from "./pieceService.ts";

serveInThread(pieceService());
