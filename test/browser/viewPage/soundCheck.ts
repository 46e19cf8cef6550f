/** Whether the player's worklet plays all lanes in step, in a context that renders as fast as it can. */
import { readPassage } from "../../../web/src/player/feeder.ts";
import { type PlayerOrder, PROCESSOR } from "../../../web/src/player/messages.ts";
import moduleAddress from "../../../web/src/player/playerWorklet.ts?worker&url";
import { balanced } from "../../../web/src/tracks/pan.ts";
import type { Track } from "../../../web/src/tracks/track.ts";

const RATE = 44100;
const QUANTUM = 128;
/** Frames that are heard of each jump. */
const PART = 128 * 150;
const CHUNK = 4096;

/** Of every jump: the most by which what is heard differs from the sum of the stems, and frames heard until it is the song. */
export interface SoundCheck {
  readonly worst: number;
  readonly late: readonly number[];
}

/** Jumps to each of the frames in turn, and compares what is heard from there on with the sum of the tracks. */
export async function soundCheck(
  tracks: readonly Track[],
  jumps: readonly number[],
): Promise<SoundCheck> {
  const context = new OfflineAudioContext(2, PART * jumps.length, RATE);
  await context.audioWorklet.addModule(moduleAddress);
  const node = new AudioWorkletNode(context, PROCESSOR, {
    ...{ numberOfInputs: 0, numberOfOutputs: 1, outputChannelCount: [2] },
  });
  node.connect(context.destination);
  const say = (order: PlayerOrder) => node.port.postMessage(order);
  for (const [i, position] of jumps.entries()) {
    void context.suspend((i * PART + QUANTUM) / RATE).then(async () => {
      say({ kind: "jump", journey: i + 1, position });
      say({ kind: "mix", gains: tracks.map(() => balanced(1, 0)), master: 1 });
      say({ kind: "play" });
      for (let start = position; start < position + PART + CHUNK; start += CHUNK) {
        const passage = { start, frames: CHUNK, next: start + CHUNK };
        const way = { tracks, loop: undefined, sampleRate: RATE };
        const lanes = await readPassage(way, passage, new AbortController().signal);
        say({ kind: "chunk", journey: i + 1, start, frames: CHUNK, last: false, lanes });
      }
      // The thread of the sound takes what was said before it goes on.
      await new Promise((resolve) => setTimeout(resolve, 50));
      await context.resume();
    });
  }
  const heard = await context.startRendering();
  const parts = await Promise.all(jumps.map((position, i) => compare(heard, tracks, position, i)));
  return { worst: Math.max(...parts.map(({ worst }) => worst)), late: parts.map((p) => p.late) };
}

/** Finds a part's end in the song near where it must be, and compares it from its fade on. */
async function compare(
  heard: AudioBuffer,
  tracks: readonly Track[],
  position: number,
  part: number,
) {
  const song = [new Float32Array(PART), new Float32Array(PART)];
  for (const track of tracks) {
    const lane = [new Float32Array(PART), new Float32Array(PART)];
    await track.read(position, lane);
    for (const [side, samples] of song.entries()) {
      for (let i = 0; i < PART; i++) samples[i] += lane[side][i];
    }
  }
  const found = [0, 1].map((side) =>
    heard.getChannelData(side).subarray(part * PART, (part + 1) * PART),
  );
  const differenceAt = (late: number, from: number, to: number) => {
    let most = 0;
    for (const [side, samples] of found.entries()) {
      for (let i = from; i < to; i++) {
        most = Math.max(most, Math.abs(samples[i] - song[side][i - late]));
      }
    }
    return most;
  };
  const end = PART - QUANTUM;
  let late = 0;
  while (late < 4 * QUANTUM && differenceAt(late, end - 400, end) > 1e-6) late++;
  // The first quanta fade what was before, and then this part in.
  return { late, worst: differenceAt(late, 8 * QUANTUM, end) };
}
