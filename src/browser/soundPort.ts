/** The page's hold of the thread of the sound. */
import { ThreadError, type XumxError } from "../errors.ts";
import type { SoundStatus } from "../live/soundThread.ts";
import type { SoundMessage } from "./soundMessages.ts";

interface Waiting {
  resolve(status: SoundStatus): void;
  reject(error: XumxError): void;
}

/** Speaks to the processor of a node, which nobody else may listen to. */
export class SoundPort {
  readonly #node: AudioWorkletNode;
  #waiting: Waiting[] = [];
  #end: XumxError | undefined;

  constructor(node: AudioWorkletNode) {
    this.#node = node;
    node.port.onmessage = ({ data }: MessageEvent<SoundStatus>) => {
      this.#waiting.shift()?.resolve(data);
    };
    node.addEventListener("processorerror", () => {
      this.#refuse(new ThreadError("thread-died", "The thread of the sound stopped."));
    });
  }

  say(message: SoundMessage, moved: Transferable[] = []): void {
    this.#node.port.postMessage(message, moved);
  }

  /** @throws {ThreadError} if the processor has failed; what it was closed with */
  status(): Promise<SoundStatus> {
    if (this.#end) return Promise.reject(this.#end);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.say({ kind: "status" });
    });
  }

  /** Ends the processor, whose thread may stand still for ever: it is not waited for. */
  close(reason: XumxError): void {
    this.#node.disconnect();
    this.say({ kind: "end" });
    this.#refuse(reason);
  }

  #refuse(error: XumxError): void {
    this.#end = error;
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}
