/** The module of the thread of the sound. It is built into one file, with all that it imports: scripts/buildAssets.mjs. */
import { soundEnd } from "../live/liveLink.ts";
import { SoundThread } from "../live/soundThread.ts";
import { PROCESSOR, type SoundMessage, type SoundSetup } from "./soundMessages.ts";

interface ProcessorOptions {
  readonly processorOptions: SoundSetup;
}

/** What there is in the scope of a worklet; the compiler knows that of pages alone. */
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(
  name: string,
  processor: new (options: ProcessorOptions) => AudioWorkletProcessor,
): void;

class LiveProcessor extends AudioWorkletProcessor {
  #sound: SoundThread | undefined;
  #ended = false;

  constructor({ processorOptions }: ProcessorOptions) {
    super();
    const { channels, buffering, gains } = processorOptions;
    this.port.onmessage = ({ data }: MessageEvent<SoundMessage>) => {
      if (data.kind === "link") {
        this.#sound = new SoundThread(channels, buffering, soundEnd(data.link));
        this.#sound.setGains(gains, 0);
      }
      if (data.kind === "gains") this.#sound?.setGains(data.gains, data.frames);
      if (data.kind === "restart") this.#sound?.restart();
      if (data.kind === "status") this.port.postMessage(this.#sound?.status());
      if (data.kind === "end") this.#ended = true;
    };
  }

  /** Called for every quantum. @returns whether it wants to be called again. */
  process(
    inputs: readonly (readonly Float32Array[])[],
    outputs: readonly (readonly Float32Array[])[],
  ): boolean {
    this.#sound?.render(inputs[0], outputs);
    return !this.#ended;
  }
}

registerProcessor(PROCESSOR, LiveProcessor);
