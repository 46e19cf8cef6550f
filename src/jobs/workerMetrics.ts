/** What a worker counts for Prometheus. */
import type { Counter, Gauge, Histogram, Registry } from "prom-client";
import { importPromClient } from "./packages.ts";
import type { SongCounts } from "./queueOptions.ts";
import type { WorkerEvent } from "./worker.ts";

interface Instruments {
  readonly queue: Gauge<"state">;
  readonly atWork: Gauge;
  readonly songs: Counter<"outcome">;
  readonly steps: Counter<"step">;
  readonly music: Counter;
  readonly seconds: Histogram;
  readonly factor: Gauge;
}

export class WorkerMetrics {
  readonly #registry: Registry;
  readonly #instruments: Instruments;

  /** @throws {JobError} "package-missing". */
  static async create(): Promise<WorkerMetrics> {
    const { Registry, Gauge, Counter, Histogram, collectDefaultMetrics } = await importPromClient();
    const registry = new Registry();
    const registers = [registry];
    // Memory, processor time, delay of the event loop and more.
    collectDefaultMetrics({ register: registry });
    const instruments: Instruments = {
      queue: new Gauge({
        name: "xumx_slicq_queue_songs",
        help: "Songs in the queue, by state.",
        ...{ labelNames: ["state"], registers },
      }),
      atWork: new Gauge({
        name: "xumx_slicq_songs_at_work",
        help: "Songs that this worker is at.",
        registers,
      }),
      songs: new Counter({
        name: "xumx_slicq_songs_total",
        help: "Songs that this worker has ended with, by outcome.",
        ...{ labelNames: ["outcome"], registers },
      }),
      steps: new Counter({
        name: "xumx_slicq_step_seconds_total",
        help: "Seconds spent, by step; of all threads for forward, network, phase and inverse.",
        ...{ labelNames: ["step"], registers },
      }),
      music: new Counter({
        name: "xumx_slicq_music_seconds_total",
        help: "Seconds of music that were separated.",
        registers,
      }),
      seconds: new Histogram({
        name: "xumx_slicq_song_seconds",
        help: "Seconds that songs took, from taking to manifest.",
        ...{ buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000], registers },
      }),
      factor: new Gauge({
        name: "xumx_slicq_real_time_factor",
        help: "Seconds of music per second of work, of the last song.",
        registers,
      }),
    };
    return new WorkerMetrics(registry, instruments);
  }

  private constructor(registry: Registry, instruments: Instruments) {
    this.#registry = registry;
    this.#instruments = instruments;
  }

  /** Counts what happens. */
  note(event: WorkerEvent): void {
    const { songs, steps, music, seconds, factor } = this.#instruments;
    if (event.kind === "done") {
      const { performance } = event;
      songs.inc({ outcome: performance.already ? "already-done" : "done" });
      if (performance.already) return;
      for (const [step, spent] of Object.entries(performance.steps)) {
        steps.inc({ step }, Math.max(0, spent));
      }
      music.inc(performance.duration);
      seconds.observe(performance.seconds);
      factor.set(performance.duration / performance.seconds);
    } else if (event.kind !== "started" && event.kind !== "trouble") {
      songs.inc({ outcome: event.kind });
    }
  }

  /** The page, with what the queue holds if that is known. */
  async page(
    counts: SongCounts | undefined,
    atWork: number,
  ): Promise<{ readonly type: string; readonly text: string }> {
    const { queue, atWork: gauge } = this.#instruments;
    gauge.set(atWork);
    queue.reset();
    for (const [state, songs] of Object.entries(counts ?? {})) queue.set({ state }, songs);
    return { type: this.#registry.contentType, text: await this.#registry.metrics() };
  }
}
