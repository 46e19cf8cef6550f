/** Draws spectrograms beside the page. It asks for samples block by block, so that memory is bounded. */
import { spectrogramPicture } from "xumx-slicq";
import type { ArtistNews, ArtistOrder, DrawnPanel, DrawOrder } from "./spectrogramMessages.ts";

/** What there is in the scope of a worker; the compiler knows that of pages alone. */
declare function postMessage(news: ArtistNews, memory?: Transferable[]): void;

/** Frames that are asked for at a time. */
const BLOCK = 1 << 17;

interface Work {
  readonly ending: AbortController;
  take: (channels: readonly Float32Array[]) => void;
  fail: (error: Error) => void;
}

const works = new Map<number, Work>();

addEventListener("message", ({ data }: MessageEvent<ArtistOrder>) => {
  if (data.kind === "draw") return void draw(data);
  const work = works.get(data.id);
  if (data.kind === "samples") work?.take(data.channels);
  if (data.kind === "unreadable") work?.fail(new Error(data.message));
  if (data.kind === "forget") {
    work?.ending.abort();
    work?.fail(new Error("forgotten"));
  }
});

async function draw(order: DrawOrder): Promise<void> {
  const { id } = order;
  const work: Work = { ending: new AbortController(), take: () => {}, fail: () => {} };
  works.set(id, work);
  try {
    const panel = await drawn(order, work);
    postMessage({ kind: "drawn", id, panel }, [panel.picture]);
  } catch (error) {
    if (work.ending.signal.aborted) return;
    const message = error instanceof Error ? error.message : String(error);
    const hint =
      error instanceof Error && "hint" in error && typeof error.hint === "string"
        ? error.hint
        : undefined;
    postMessage({ kind: "failed", id, message, hint });
  } finally {
    works.delete(id);
  }
}

async function drawn(order: DrawOrder, work: Work): Promise<DrawnPanel> {
  const { id, sampleRate, channels, frames, start, duration, theme, max } = order;
  const { signal } = work.ending;
  async function* blocks() {
    for (let at = 0; at < frames; at += BLOCK) {
      const block = new Promise<readonly Float32Array[]>((take, fail) => {
        work.take = take;
        work.fail = fail;
      });
      postMessage({ kind: "read", id, start: at, frames: Math.min(BLOCK, frames - at) });
      yield await block;
    }
  }
  // A panel of the least size is narrower than it has to be; around it there is room for the axes.
  const [width, height] = [Math.max(64, order.width), Math.max(48, order.height)];
  const source = {
    title: "",
    open: async () => ({
      format: { sampleRate, channels, frames },
      blocks,
      close: async () => {},
    }),
  };
  const { png, panels, level } = await spectrogramPicture([source], {
    ...{ start, duration, theme, signal, range: 80 },
    ...{ width: Math.max(160, width + SIDES), height: Math.max(160, height + ENDS) },
    ...(max === undefined ? {} : { max }),
  });
  const [panel] = panels;
  const whole = new Blob([new Uint8Array(png)], { type: "image/png" });
  const picture = await createImageBitmap(
    whole,
    ...([panel.left, panel.top, panel.width, panel.height] as const),
  );
  return { picture, frequencies: panel.frequencies, height: panel.height, max: level.max };
}

/** Room of the labels around a panel, about: the picture says exactly. */
const SIDES = 130;
const ENDS = 62;
