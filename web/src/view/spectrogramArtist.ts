/** The page's side of the worker that draws spectrograms: it reads what the worker asks for. */
import { type Signal, signal } from "@preact/signals";
import type { Track } from "../tracks/track.ts";
import type { ArtistNews, ArtistOrder, DrawnPanel } from "./spectrogramMessages.ts";
import type { Span } from "./timeline.ts";

/** The level of the strongest colour, the same for all tracks: the original's loudest point. */
export class SpectrogramLevel {
  readonly max: Signal<number | undefined> = signal(undefined);
}

/** What to draw of a track. */
export interface PanelRequest {
  readonly track: Track;
  readonly sampleRate: number;
  readonly span: Span;
  readonly width: number;
  readonly height: number;
  readonly theme: "light" | "dark";
  readonly max?: number | undefined;
}

/** Seconds around what is visible that sound into it. */
const AROUND = 1.5;

interface Waiting {
  readonly request: PanelRequest;
  /** The frame of the track that is the worker's 0. */
  readonly first: number;
  readonly done: (panel: DrawnPanel) => void;
  readonly fail: (error: Error) => void;
}

let worker: Worker | undefined;
let last = 0;
const waiting = new Map<number, Waiting>();

/** Draws a panel. @throws {Error} what the picture refuses; "AbortError" */
export function drawPanel(request: PanelRequest, abortion: AbortSignal): Promise<DrawnPanel> {
  const { track, sampleRate, span, width, height, theme, max } = request;
  const first = Math.max(0, Math.floor(span.start - AROUND * sampleRate));
  const end = Math.min(track.frames, Math.ceil(span.end + AROUND * sampleRate));
  const id = ++last;
  return new Promise((done, fail) => {
    waiting.set(id, { request, first, done, fail });
    abortion.addEventListener("abort", () => {
      waiting.delete(id);
      say({ kind: "forget", id });
      fail(new DOMException("", "AbortError"));
    });
    say({
      ...{ kind: "draw", id, sampleRate, channels: track.channels, frames: end - first },
      start: (span.start - first) / sampleRate,
      duration: (Math.min(track.frames, span.end) - span.start) / sampleRate,
      ...{ width: Math.round(width), height: Math.round(height), theme },
      ...(max === undefined ? {} : { max }),
    });
  });
}

function say(order: ArtistOrder, memory: Transferable[] = []): void {
  if (!worker) {
    worker = new Worker(new URL("./spectrogramWorker.ts", import.meta.url), { type: "module" });
    worker.addEventListener("message", ({ data }: MessageEvent<ArtistNews>) => void hear(data));
  }
  worker.postMessage(order, memory);
}

async function hear(news: ArtistNews): Promise<void> {
  const { id } = news;
  const work = waiting.get(id);
  if (!work) return;
  if (news.kind === "drawn") work.done(news.panel);
  if (news.kind === "failed") {
    work.fail(Object.assign(new Error(news.message), { hint: news.hint }));
  }
  if (news.kind !== "read") return void waiting.delete(id);
  const { track } = work.request;
  const channels = Array.from({ length: track.channels }, () => new Float32Array(news.frames));
  try {
    await track.read(work.first + news.start, channels);
    say(
      { kind: "samples", id, channels },
      channels.map(({ buffer }) => buffer),
    );
  } catch (error) {
    say({ kind: "unreadable", id, message: error instanceof Error ? error.message : "" });
  }
}
