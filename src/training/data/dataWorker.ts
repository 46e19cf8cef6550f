/** The module of a crew's threads. */
import { serveInThread } from "../../threads/node.ts";
import { dataService } from "./engine.ts";

serveInThread(dataService());
