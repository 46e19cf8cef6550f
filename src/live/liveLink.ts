/** How samples pass between the thread of the sound and the thread that separates: in shared memory, or as messages. */
import type { WebPort } from "../threads/index.ts";
import { FrameRing, type RingMemory, ringMemory } from "./frameRing.ts";

/** The one or the other; each thread is given the same, except that ports are the two ends of one channel. */
export type FeedLink =
  | {
      readonly kind: "shared memory";
      readonly input: RingMemory;
      readonly stems: RingMemory;
    }
  | {
      readonly kind: "messages";
      readonly port: WebPort;
      /** Channels of the input, and of a stem. */
      readonly channels: number;
      /** Rows of stems. */
      readonly rows: number;
      /** Frames that rings of either thread's own hold. */
      readonly capacity: number;
    };

/** The end of the thread that separates. */
export interface FeedEnd {
  readonly input: FrameRing;
  /** Gives rows of stems away, by copying them. */
  deliver(rows: readonly Float32Array[]): void;
  /** Waits until more than `seen` frames of input have come; perhaps in vain, perhaps for ever. */
  arrival(seen: number): Promise<void>;
}

/** The end of the thread of the sound. */
export interface SoundEnd {
  readonly stems: FrameRing;
  /** Gives rows of input away, by copying them. */
  send(rows: readonly Float32Array[]): void;
}

/** The end of a link in the thread that separates. */
export function feedEnd(link: FeedLink): FeedEnd {
  if (link.kind === "shared memory") {
    const input = new FrameRing(link.input);
    const stems = new FrameRing(link.stems);
    return {
      input,
      deliver: (rows) => stems.write(rows),
      arrival: (seen) => input.arrival(seen),
    };
  }
  const { port, channels, capacity } = link;
  const input = new FrameRing(ringMemory(channels, capacity, false));
  let heard: () => void = () => undefined;
  receive(port, channels, (rows) => {
    input.write(rows);
    heard();
  });
  return {
    input,
    deliver: (rows) => send(port, rows),
    arrival: (seen) =>
      new Promise((resolve) => {
        heard = resolve;
        if (input.written !== seen) resolve();
      }),
  };
}

/** The end of a link in the thread of the sound. */
export function soundEnd(link: FeedLink): SoundEnd {
  if (link.kind === "shared memory") {
    const input = new FrameRing(link.input);
    return {
      stems: new FrameRing(link.stems),
      send(rows) {
        input.write(rows);
        input.wake();
      },
    };
  }
  const { port, rows, capacity } = link;
  const stems = new FrameRing(ringMemory(rows, capacity, false));
  receive(port, rows, (frames) => stems.write(frames));
  return { stems, send: (input) => send(port, input) };
}

/** Sends rows of equal length as one array, row after row. */
function send(port: WebPort, rows: readonly Float32Array[]): void {
  const { length } = rows[0];
  const joined = new Float32Array(rows.length * length);
  for (const [r, row] of rows.entries()) joined.set(row, r * length);
  port.postMessage(joined, [joined.buffer]);
}

function receive(port: WebPort, rows: number, take: (rows: readonly Float32Array[]) => void): void {
  port.onmessage = ({ data }: MessageEvent<Float32Array>) => {
    const length = data.length / rows;
    take(Array.from({ length: rows }, (_, r) => data.subarray(r * length, (r + 1) * length)));
  };
}
