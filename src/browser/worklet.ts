/** The module of the thread of the sound. It is built into one file, with all that it imports: scripts/buildAssets.mjs. */
import { soundEnd } from "../live/liveLink.ts";
import { SoundThread } from "../live/soundThread.ts";
import { servePort } from "../threads/web.ts";
import { PROCESSOR, type SoundProtocol, type SoundSetup } from "./soundProtocol.ts";

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
    servePort<SoundProtocol>(this.port, {
      handlers: {
        link: (link) => {
          this.#sound = new SoundThread(channels, buffering, soundEnd(link));
          this.#sound.setGains(gains, 0);
          return undefined;
        },
        setGains: ({ gains, frames }) => {
          this.#sound?.setGains(gains, frames);
          return undefined;
        },
        status: () => this.#sound?.status() ?? { underruns: 0, silent: 0 },
        restart: () => {
          this.#sound?.restart();
          return undefined;
        },
      },
      close: async () => {
        this.#ended = true;
      },
    });
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
