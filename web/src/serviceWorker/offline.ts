/** Has the app kept on this machine, and tells when a new version of it waits. */
import { type ReadonlySignal, signal } from "@preact/signals";

/** What the view may show. */
export interface Offline {
  /** Whether the app works without network from now on. */
  readonly ready: ReadonlySignal<boolean>;
  /** Whether a new version waits. It comes by itself when the app is opened the next time. */
  readonly updateWaits: ReadonlySignal<boolean>;
  /** Takes the new version at once: the page is loaded again, and songs are gone. */
  update(): void;
}

/** Registers the service worker; where there can be none, nothing is ever ready. */
export function keepOffline(): Offline {
  const ready = signal(false);
  const updateWaits = signal(false);
  let waiting: ServiceWorker | undefined;
  const wait = (worker: ServiceWorker | null) => {
    // The first version of all waits for nothing.
    if (!worker || !navigator.serviceWorker.controller) return;
    waiting = worker;
    updateWaits.value = true;
  };
  const register = async () => {
    const registration = await navigator.serviceWorker.register("./serviceWorker.js", {
      updateViaCache: "none",
    });
    wait(registration.waiting);
    registration.addEventListener("updatefound", () => {
      const coming = registration.installing;
      coming?.addEventListener("statechange", () => {
        if (coming.state === "installed") wait(coming);
      });
    });
    await navigator.serviceWorker.ready;
    ready.value = true;
  };
  // Where pages are not secure, or visited in private, the app works as any other page.
  if ("serviceWorker" in navigator) register().catch(() => undefined);
  return {
    ready,
    updateWaits,
    update() {
      navigator.serviceWorker.addEventListener("controllerchange", () => location.reload());
      waiting?.postMessage("take over");
    },
  };
}
