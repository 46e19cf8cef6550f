/** What this browser, on this page, offers to the app; and what it lacks, for people to be told. */

/** Something that is missing. The app works without it, but not as well. */
export type Shortcoming =
  /** Not a page of https or this machine: nothing is kept, and no GPU is used. */
  | "insecure"
  /** Live sound passes between threads as messages, which takes longer. */
  | "not-isolated"
  /** The processor does all work. */
  | "no-gpu"
  /** Long songs stay in memory. */
  | "no-private-files"
  /** Files are downloaded instead of saved where the user says. */
  | "no-picker"
  /** Sound of MP4, MKV and WebM files, MP3 and Opus cannot be decoded. */
  | "no-webcodecs";

/** What there is. */
export interface Capabilities {
  /** Workers that separate side by side. */
  readonly threads: number;
  readonly shortcomings: readonly Shortcoming[];
}

/** More workers than this only cost memory. */
export const MOST_THREADS = 4;

/** Threads that the machine runs side by side, as far as they are of use here. */
export function usefulThreads(): number {
  return Math.min(MOST_THREADS, navigator.hardwareConcurrency || 1);
}

/** Looks at the browser. */
export function capabilities(): Capabilities {
  const lacks: Readonly<Record<Shortcoming, boolean>> = {
    insecure: !globalThis.isSecureContext,
    "not-isolated": !globalThis.crossOriginIsolated,
    "no-gpu": !navigator.gpu,
    "no-private-files": !navigator.storage?.getDirectory,
    "no-picker": !globalThis.showSaveFilePicker,
    "no-webcodecs": !("AudioDecoder" in globalThis),
  };
  const shortcomings = all.filter((name) => lacks[name]);
  return { threads: usefulThreads(), shortcomings };
}

const all: readonly Shortcoming[] = [
  "insecure",
  "not-isolated",
  "no-gpu",
  "no-private-files",
  "no-picker",
  "no-webcodecs",
];
