/** From a file to its samples. */
import { AudioError } from "xumx-slicq";
import type { MakeRoom } from "../storage/rooms.ts";
import type { PeakPart } from "../tracks/peakMeter.ts";
import { KeptSong, KeptTrack } from "./keptSong.ts";
import { openSong } from "./openSong.ts";
import type { HeadFacts } from "./protocol.ts";

/** What is heard of the decoding. */
export interface DecodingEvents {
  readonly signal: AbortSignal;
  head(facts: HeadFacts): void;
  progress(fraction: number): void;
}

/** Progress is told this often, seconds of music. */
const STEP = 5;

/** Decodes a whole song. @throws {AudioError}; {@link XumxError} "unwritable"; AbortError. */
export async function decodeSong(
  file: File,
  makeRoom: MakeRoom,
  events: DecodingEvents,
): Promise<{ readonly song: KeptSong; readonly peaks: PeakPart }> {
  await using opened = await openSong(file, events.signal);
  const { sampleRate, channels, frames: known, approximateFrames } = opened.source.format;
  const expected = known ?? approximateFrames ?? 0;
  const facts = (frames: number): HeadFacts => ({
    ...{ tags: opened.tags, sampleRate, channels, frames },
    notices: opened.notices(),
  });
  events.head(facts(expected));
  const track = new KeptTrack(await makeRoom(channels, expected));
  try {
    const peaks = new GatheredPeaks();
    let told = 0;
    for await (const block of opened.blocks()) {
      peaks.add(track.append(block));
      const { frames } = track.samples;
      if (frames - told < STEP * sampleRate) continue;
      told = frames;
      if (expected > 0) events.progress(Math.min(1, frames / expected));
      // Requests and aborts are heard only between tasks.
      await new Promise((resume) => setTimeout(resume, 0));
      events.signal.throwIfAborted();
    }
    const { frames } = track.samples;
    if (frames === 0) {
      throw new AudioError("empty-audio", `${file.name} holds no samples.`, "Export it again.");
    }
    return { song: new KeptSong(facts(frames), track), peaks: peaks.all() };
  } catch (error) {
    await track.samples.release();
    throw error;
  }
}

/** Parts of peaks, joined. */
class GatheredPeaks {
  readonly #parts: PeakPart[] = [];

  add(part: PeakPart): void {
    this.#parts.push(part);
  }

  all(): PeakPart {
    const count = this.#parts.reduce(
      (most, { from, lowest }) => Math.max(most, from + lowest.length),
      0,
    );
    const joined = { from: 0, lowest: new Float32Array(count), highest: new Float32Array(count) };
    for (const { from, lowest, highest } of this.#parts) {
      joined.lowest.set(lowest, from);
      joined.highest.set(highest, from);
    }
    return joined;
  }
}
