/** The side of the sound: a quantum of input goes out, the stems that are due come in, gains make a mix of them. */
import { targets } from "../networks/targets.ts";
import { GainMixer, type StemGains } from "./gainMixer.ts";
import type { SoundEnd } from "./liveLink.ts";

/** What the thread of the sound alone knows. */
export interface SoundStatus {
  /** Times that the stems were not there when they were due, so that silence was heard. */
  readonly underruns: number;
  /** Frames of that silence. */
  readonly silent: number;
}

/** Stems are due `buffering` frames after the separator could first have known them: not sooner, even if they are there. */
export class SoundThread {
  readonly #channels: number;
  readonly #buffering: number;
  readonly #end: SoundEnd;
  readonly #mixer = new GainMixer();
  /** Stems, target-major, and the silence of an input to which nothing is connected. */
  readonly #stems: Float32Array[] = [];
  #silence: readonly Float32Array[] = [];
  #frame = 0;
  #late = false;
  #underruns = 0;
  #silent = 0;

  constructor(channels: number, buffering: number, end: SoundEnd) {
    this.#channels = channels;
    this.#buffering = buffering;
    this.#end = end;
  }

  /** Changes gains of the mix, at once or along a line of so many frames. */
  setGains(gains: StemGains, frames: number): void {
    this.#mixer.set(gains, frames);
  }

  /** Has the status begin anew. */
  restart(): void {
    this.#underruns = 0;
    this.#silent = 0;
  }

  status(): SoundStatus {
    return { underruns: this.#underruns, silent: this.#silent };
  }

  /**
   * One quantum.
   * @param input as many channels as it is for, or none.
   * @param outputs the mix, then every stem, each of as many channels, overwritten.
   */
  render(input: readonly Float32Array[], outputs: readonly (readonly Float32Array[])[]): void {
    const [mix] = outputs;
    const frames = mix[0].length;
    this.#end.send(input.length > 0 ? input : this.#noInput(frames));
    for (let j = 0; j < targets.length; j++) {
      for (let c = 0; c < this.#channels; c++) {
        this.#stems[j * this.#channels + c] = outputs[j + 1][c];
      }
    }
    this.#count(frames - this.#end.stems.read((this.#frame - this.#buffering) | 0, this.#stems));
    this.#mixer.mix(this.#stems, mix);
    this.#frame = (this.#frame + frames) | 0;
  }

  #noInput(frames: number): readonly Float32Array[] {
    if (this.#silence[0]?.length !== frames) {
      this.#silence = Array.from({ length: this.#channels }, () => new Float32Array(frames));
    }
    return this.#silence;
  }

  #count(missing: number): void {
    this.#silent += missing;
    if (missing > 0 && !this.#late) this.#underruns++;
    this.#late = missing > 0;
  }
}
