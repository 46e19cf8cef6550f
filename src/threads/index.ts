/**
 * The threads room: requests to another thread as typed calls. What is portable; Node's threads are in node.ts, those of
 * browsers in web.ts.
 */
export { asTheyEnd, type JobResult } from "./asTheyEnd.ts";
export type { AskOptions, Client } from "./client.ts";
export { LocalClient } from "./localClient.ts";
export { Pool } from "./pool.ts";
export type { WebPort } from "./port.ts";
export type { Exchange, Protocol } from "./protocol.ts";
export type { Service, Turn } from "./service.ts";
export type { ThreadManner } from "./threadClient.ts";
