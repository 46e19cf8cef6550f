/// <reference lib="webworker" />
/**
 * Keeps the app on this machine, so that it works offline. Every version has a cache of its own and is whole; a new one
 * waits until no page uses the old one, or until the user asks for it. Models are kept by the page, not here.
 */
import { isolated } from "./isolation.ts";

/** Written by the build: all files of the app, and what their contents make together. */
declare const APP: { readonly version: string; readonly files: readonly string[] };
declare const self: ServiceWorkerGlobalScope;

const PREFIX = "xumx-slicq-app-";
const cacheName = PREFIX + APP.version;

self.addEventListener("install", (event) => {
  event.waitUntil(install());
});

self.addEventListener("activate", (event) => {
  event.waitUntil(activate());
});

self.addEventListener("message", ({ data }) => {
  if (data === "take over") void self.skipWaiting();
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  const path = url.href.slice(self.registration.scope.length).split(/[?#]/, 1)[0];
  const ours = request.method === "GET" && url.href.startsWith(self.registration.scope);
  if (!ours || path.startsWith("engine/models/")) return;
  event.respondWith(
    answer(request, request.mode === "navigate" && path === "" ? "index.html" : path),
  );
});

/** What the browser has fetched for the page just now is only asked for again, not sent twice. */
async function install(): Promise<void> {
  const cache = await caches.open(cacheName);
  await cache.addAll(APP.files.map((file) => new Request(file, { cache: "no-cache" })));
}

async function activate(): Promise<void> {
  for (const name of await caches.keys()) {
    if (name.startsWith(PREFIX) && name !== cacheName) await caches.delete(name);
  }
  await self.clients.claim();
}

async function answer(request: Request, path: string): Promise<Response> {
  const cache = await caches.open(cacheName);
  const kept = await cache.match(new URL(path, self.registration.scope));
  if (kept) return isolated(kept);
  const response = await fetch(request);
  // What only some browsers need is kept from its first use on.
  if (response.ok && path.startsWith("engine/")) await cache.put(request, response.clone());
  return isolated(response);
}
