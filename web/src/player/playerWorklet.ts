/** The module of the thread of the sound: a processor around the engine. */
import { type PlayerOrder, PROCESSOR } from "./messages.ts";
import { SoundEngine } from "./soundEngine.ts";

/** What there is in the scope of a worklet; the compiler knows that of pages alone. */
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;
declare const sampleRate: number;

class PlayerProcessor extends AudioWorkletProcessor {
  readonly #engine = new SoundEngine(sampleRate, (news) => this.port.postMessage(news));
  #closed = false;

  constructor() {
    super();
    this.port.onmessage = ({ data }: MessageEvent<PlayerOrder | "close">) => {
      if (data === "close") this.#closed = true;
      else this.#engine.take(data);
    };
  }

  /** Called for every quantum. @returns whether it wants to be called again. */
  process(_: unknown, [output]: readonly (readonly Float32Array[])[]): boolean {
    this.#engine.render(output);
    return !this.#closed;
  }
}

registerProcessor(PROCESSOR, PlayerProcessor);
