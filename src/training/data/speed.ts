/** Faster and higher, or slower and lower, as a tape: resampling by any ratio. */
import { bessel0 } from "../../audio/sincTable.ts";
import { ArgumentError } from "../../errors.ts";
import { createKernels, type KernelInstance } from "../../kernels/instance.ts";
import { type StereoSamples, silence } from "./stereo.ts";

/** Zero crossings of the sinc on each side. */
const CROSSINGS = 10;
/** Places between two samples that have a filter of their own; filters between them are interpolated. */
const ROWS = 512;
/** Parts of a sample that time is counted in. */
const PHASES = 2 ** 28;
/** Output samples at a time. */
const CHUNK = 8192;
const SLOWEST = 0.25;
const FASTEST = 4;

/** Input samples that {@link changeSpeed} needs for `samples` of output: what it looks for beyond its end is zero. */
export function samplesForSpeed(samples: number, speed: number): number {
  return Math.ceil(samples * speed);
}

/**
 * Plays two channels at another speed: a ratio above 1 makes them shorter and higher.
 *
 * Output sample n is the input at time n·speed, by windowed-sinc interpolation; what would lie above half the sample
 * rate is filtered away.
 *
 * @param speed 0.25 to 4
 * @param samples length of the result
 * @throws ArgumentError for another speed
 */
export function changeSpeed(
  [left, right]: StereoSamples,
  speed: number,
  samples: number,
): StereoSamples {
  if (!(speed >= SLOWEST && speed <= FASTEST)) {
    throw new ArgumentError(`A speed must be from ${SLOWEST} to ${FASTEST}, not ${speed}.`);
  }
  tape ??= new Tape();
  tape.setSpeed(speed);
  const out = silence(samples);
  tape.play(left, out[0]);
  tape.play(right, out[1]);
  return out;
}

/** Of this thread, in which no two calls overlap. */
let tape: Tape | undefined;

/** What the kernel needs in its memory, for one channel after the other. */
class Tape {
  readonly #kernels: KernelInstance = createKernels();
  readonly #table = this.#kernels.allocate(4 * (ROWS + 1) * tapsFor(FASTEST));
  readonly #input = this.#kernels.allocate(4 * (FASTEST * CHUNK + 1 + tapsFor(FASTEST)));
  readonly #output = this.#kernels.allocate(4 * CHUNK);
  /** Of time per output sample, in parts of an input sample. */
  #step = PHASES;
  #taps = 0;
  /** What the table was made for. */
  #cutoff = 0;

  setSpeed(speed: number): void {
    this.#step = Math.round(speed * PHASES);
    // Above 1 the filter grows longer and lower.
    const cutoff = Math.min(1, 1 / speed);
    if (cutoff === this.#cutoff) return;
    this.#cutoff = cutoff;
    this.#taps = tapsFor(speed);
    const table = this.#kernels.f32(this.#table, (ROWS + 1) * this.#taps);
    for (let row = 0, i = 0; row <= ROWS; row++) {
      for (let tap = 0; tap < this.#taps; tap++, i++) {
        table[i] = cutoff * windowedSinc(cutoff * (tap - this.#before - row / ROWS));
      }
    }
  }

  /** Taps that lie before the time of an output. */
  get #before(): number {
    return this.#taps / 2 - 1;
  }

  play(input: Float32Array, output: Float32Array): void {
    const whole = Math.floor(this.#step / PHASES);
    for (let done = 0; done < output.length; done += CHUNK) {
      const time = done * this.#step;
      this.#load(input, Math.floor(time / PHASES) - this.#before);
      const count = Math.min(CHUNK, output.length - done);
      this.#kernels.exports.polyphase(
        this.#input,
        this.#table,
        this.#taps,
        ROWS,
        PHASES,
        whole,
        this.#step % PHASES,
        0,
        time % PHASES,
        this.#output,
        count,
      );
      output.set(this.#kernels.f32(this.#output, count), done);
    }
  }

  /** What a chunk needs of a channel, from sample `from` on, zeros outside of it. */
  #load(input: Float32Array, from: number): void {
    const span = Math.ceil((CHUNK * this.#step) / PHASES) + 1 + this.#taps;
    const room = this.#kernels.f32(this.#input, span);
    const begin = Math.min(Math.max(0, from), input.length);
    const end = Math.min(Math.max(begin, from + span), input.length);
    room.fill(0);
    if (begin < end) room.set(input.subarray(begin, end), begin - from);
  }
}

/** A multiple of 16, as the kernel asks. */
function tapsFor(speed: number): number {
  return 16 * Math.ceil((2 * CROSSINGS * Math.max(1, speed)) / 16);
}

/** A sinc under a Kaiser window (β = 8: side lobes 80 dB down) at x zero crossings from its middle. */
function windowedSinc(x: number): number {
  const inside = 1 - (x / CROSSINGS) ** 2;
  if (inside <= 0) return 0;
  const sinc = x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
  return (sinc * bessel0(8 * Math.sqrt(inside))) / bessel0(8);
}
