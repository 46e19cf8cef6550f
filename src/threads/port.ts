/** Ports: what Node's threads and the Web's workers have in common. The rest of this room knows no other thing of them. */
import type { ThreadError } from "../errors.ts";

/** A MessagePort of the Web, also in the eyes of compilers that know of Node alone. */
export type WebPort = InstanceType<typeof MessagePort>;

/** What can go over to another thread for good: memory, and in browsers the end of a channel. */
export type Moved = ArrayBuffer | WebPort;

/** One end of a channel between two threads; `In` is what comes through it. */
export interface Port<In> {
  /**
   * Sends a message. What is in `moved` goes over to the other thread and is of no use here afterwards.
   * @throws what the platform throws for what cannot be cloned.
   */
  post(message: unknown, moved: readonly Moved[]): void;
  /** Hears all messages, those sent before too. Called once. */
  listen(hear: (message: In) => void): void;
}

/** The end that owns the other thread. */
export interface ThreadPort<In> extends Port<In> {
  /** Hears once if the thread ends without having been told to. */
  onDeath(hear: (error: ThreadError) => void): void;
  /** Whether the program goes on for the thread's sake. Browsers' programs end in other ways. */
  hold(held: boolean): void;
  /** Ends the thread, whatever it does. */
  terminate(): Promise<void>;
}

/** The memory of arrays, each once, and ports; shared memory stays where it is, and is seen by both threads. */
export function movedOf(things: Iterable<ArrayBufferView | WebPort>): Moved[] {
  const moved = new Set<Moved>();
  for (const thing of things) {
    if (!ArrayBuffer.isView(thing)) moved.add(thing);
    else if (thing.buffer instanceof ArrayBuffer) moved.add(thing.buffer);
  }
  return [...moved];
}
