/**
 * A gate: what stems play where they should be silent goes to the stems that it belongs to.
 *
 * Networks of masks leave a remainder of everything in every stem. Whether a stem plays at all is heard better over seconds, from
 * all stems at once; a small network listens (docs/mathematics.md, 9). The sum of the stems stays as it is.
 */

import type { StateDict } from "../tensors/index.ts";
import { CUES, cuesOf, LEVEL_REACH, powerOfSum } from "./cues.ts";
import { GateNetwork, NETWORK_REACH, type Routing } from "./gateNetwork.ts";
import { gateState } from "./gateState.ts";
import { GROUP, GROUP_SAMPLES, gateStft, STEMS, StemPowers } from "./stemPowers.ts";

/** Samples of stems, left and right of each in turn. */
export type StemRows = readonly Float32Array[];

/** Samples that the gate holds back at most, besides a block: what an answer depends on. */
export const GATE_DELAY = (LEVEL_REACH + NETWORK_REACH + GROUP + 1) * gateStft.hop;

/** Parts of a stem below this stay where they are: −60 dB. */
const LEAST_PART = 1e-3;

/**
 * Gates a signal's stems.
 *
 * @param source blocks of stems at 44.1 kHz; their arrays are read before the next block is asked for
 * @param order where bass, vocals, other and drums are among the stems; others, such as a residual, pass as they are
 * @param state the network's tensors, by default those that come with the program
 * @returns blocks whose arrays are overwritten when the next one is asked for, together as long as the source. However its blocks
 * are cut, the numbers are the same.
 */
export async function* gatedStems(
  source: AsyncIterable<StemRows>,
  order: readonly number[],
  state: StateDict = gateState(),
): AsyncGenerator<StemRows> {
  const gate = new StemGate(order, state);
  for await (const block of source) {
    gate.push(block);
    const ready = gate.take();
    if (ready) yield ready;
  }
  gate.end();
  const rest = gate.take();
  if (rest) yield rest;
}

class StemGate {
  /** Rows of the four stems among all. */
  readonly #gated: readonly number[];
  readonly #powers = new StemPowers();
  readonly #network: GateNetwork;
  readonly #group = Array.from({ length: 2 * STEMS }, () => new Float32Array(GROUP_SAMPLES));
  #held: Float32Array[] = [];
  #given: Float32Array[] = [];
  /** Positions in the signal: of the first sample held, after the last, of the next one to give. */
  #from = 0;
  #to = 0;
  #next = 0;
  #ended = false;
  /** Groups of frames that were measured. */
  #groups = 0;
  /** Powers of frames that wait for the level around them, or are needed for another's. */
  readonly #frames: Float32Array[] = [];
  readonly #levels: number[] = [];
  readonly #cueRoom = new Float32Array(CUES);
  #firstFrame = 0;
  #nextFrame = 0;
  /** Routings from a frame on. */
  readonly #routings: Routing[] = [];
  #firstRouting = 0;

  constructor(order: readonly number[], state: StateDict) {
    this.#network = new GateNetwork(state);
    this.#gated = order.flatMap((stem) => [2 * stem, 2 * stem + 1]);
  }

  push(block: StemRows): void {
    const count = block[0].length;
    this.#makeRoom(block.length, count);
    for (const [row, samples] of block.entries()) {
      this.#held[row].set(samples, this.#to - this.#from);
    }
    this.#to += count;
    this.#listen();
  }

  end(): void {
    this.#ended = true;
    this.#listen();
    this.#routings.push(...this.#network.end());
  }

  /** The samples that are ready. */
  take(): StemRows | undefined {
    const last = this.#firstRouting + this.#routings.length - 1;
    const to = this.#ended ? this.#to : Math.min(this.#to, centre(last));
    const count = to - this.#next;
    if (count <= 0) return undefined;
    const begin = this.#next - this.#from;
    if (!(this.#given[0]?.length >= count)) {
      // Blocks differ in length: with some room to spare, few of them need new arrays.
      this.#given = this.#held.map(() => new Float32Array(Math.ceil(1.25 * count)));
    }
    for (const [row, samples] of this.#given.entries()) {
      samples.set(this.#held[row].subarray(begin, begin + count));
    }
    for (let at = this.#next; at < to; ) {
      // From one frame's centre to the next the routing changes evenly.
      const frame = Math.floor((at - centre(0)) / gateStft.hop);
      const end = Math.min(to, centre(frame + 1));
      this.#route(frame, at, end);
      at = end;
    }
    this.#next = to;
    this.#forget();
    return this.#given.map((samples) => samples.subarray(0, count));
  }

  /** Routes samples that lie between the centres of a frame and the next one. */
  #route(frame: number, from: number, to: number): void {
    const [before, after] = [this.#routing(frame), this.#routing(frame + 1)];
    const start = (from - centre(frame)) / gateStft.hop;
    for (let target = 0; target < STEMS; target++) {
      for (let stem = 0; stem < STEMS; stem++) {
        if (stem === target) continue;
        const at = target * STEMS + stem;
        if (before[at] < LEAST_PART && after[at] < LEAST_PART) continue;
        const slope = (after[at] - before[at]) / gateStft.hop;
        const first = before[at] + start * gateStft.hop * slope;
        for (let c = 0; c < 2; c++) this.#move([stem, target, c], from, to, first, slope);
      }
    }
  }

  /** Moves a part of a stem's channel, as it came, to another stem. */
  #move(
    [stem, target, c]: readonly [stem: number, target: number, channel: number],
    from: number,
    to: number,
    first: number,
    slope: number,
  ): void {
    const source = this.#held[this.#gated[2 * stem + c]];
    const loses = this.#given[this.#gated[2 * stem + c]];
    const gains = this.#given[this.#gated[2 * target + c]];
    const [held, given] = [from - this.#from, from - this.#next];
    for (let i = 0; i < to - from; i++) {
      const part = (first + i * slope) * source[held + i];
      loses[given + i] -= part;
      gains[given + i] += part;
    }
  }

  #routing(frame: number): Routing {
    const last = this.#routings.length - 1;
    return this.#routings[Math.min(last, Math.max(0, frame - this.#firstRouting))];
  }

  /** Measures and answers whatever can be. */
  #listen(): void {
    const frames = Math.ceil(this.#to / gateStft.hop);
    for (;;) {
      const from = GROUP * this.#groups * gateStft.hop - LEAD;
      const done = this.#groups * GROUP;
      if (this.#ended ? done >= frames : this.#to < from + GROUP_SAMPLES) break;
      this.#load(from);
      const measured = this.#powers.measure(this.#group);
      for (const powers of measured.slice(0, this.#ended ? frames - done : GROUP)) {
        this.#frames.push(powers);
        this.#levels.push(powerOfSum(powers));
      }
      this.#groups++;
    }
    const known = this.#firstFrame + this.#frames.length;
    while (this.#nextFrame + (this.#ended ? 0 : LEVEL_REACH) < known) {
      this.#routings.push(...this.#network.push(this.#cues(this.#nextFrame)));
      this.#nextFrame++;
      while (this.#firstFrame < this.#nextFrame - LEVEL_REACH) {
        this.#frames.shift();
        this.#levels.shift();
        this.#firstFrame++;
      }
    }
  }

  #cues(frame: number): Float32Array {
    const at = frame - this.#firstFrame;
    const around = this.#levels.slice(Math.max(0, at - LEVEL_REACH), at + LEVEL_REACH + 1);
    const level = around.reduce((sum, power) => sum + power, 0) / around.length;
    return cuesOf(this.#frames[at], level, this.#cueRoom);
  }

  /** A group's samples, zeros where there are none. */
  #load(from: number): void {
    const [first, last] = [Math.max(from, 0), Math.min(from + GROUP_SAMPLES, this.#to)];
    for (const [i, row] of this.#gated.entries()) {
      const samples = this.#group[i];
      samples.fill(0);
      samples.set(
        this.#held[row].subarray(first - this.#from, Math.max(first, last) - this.#from),
        first - from,
      );
    }
  }

  #makeRoom(rows: number, count: number): void {
    const needed = this.#to - this.#from + count;
    if (this.#held.length === rows && this.#held[0].length >= needed) return;
    this.#held = Array.from({ length: rows }, (_, row) => {
      const samples = new Float32Array(Math.ceil(1.25 * needed));
      samples.set(this.#held[row] ?? []);
      return samples;
    });
  }

  /** Lets go of samples and routings that nothing needs any more. */
  #forget(): void {
    const from = Math.min(this.#next, GROUP * this.#groups * gateStft.hop - LEAD);
    const gone = from - this.#from;
    if (gone > 0) {
      for (const samples of this.#held) samples.copyWithin(0, gone, this.#to - this.#from);
      this.#from = from;
    }
    const frame = Math.floor((this.#next - centre(0)) / gateStft.hop);
    while (this.#firstRouting < frame) {
      this.#routings.shift();
      this.#firstRouting++;
    }
  }
}

/** Samples by which a frame begins before its own hop, in whose middle it is centred. */
const LEAD = (gateStft.length - gateStft.hop) / 2;

/** The sample in the middle of a frame. */
function centre(frame: number): number {
  return frame * gateStft.hop + gateStft.hop / 2;
}
