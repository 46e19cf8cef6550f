/** Makes songs for listeners in this thread or in several. */
import type { SongStems, Stereo } from "../datasets/index.ts";
import { LocalClient, Pool } from "../threads/index.ts";
import { startThread } from "../threads/node.ts";
import { type EnhanceProtocol, enhanceService } from "./enhanceService.ts";

/** @param threads 1: in this thread. */
export function openEnhancePool(threads: number): Pool<EnhanceProtocol> {
  if (threads === 1) return new Pool(1, () => new LocalClient(enhanceService()));
  const url = new URL("./enhanceWorker.js", import.meta.url);
  return new Pool(threads, () =>
    startThread<EnhanceProtocol>(url, {
      name: "A thread that amplifies stems",
      ending: "in order",
      hint: "There may be too little memory: use fewer jobs.",
    }),
  );
}

/** The stems in memory that all threads see, so that none of them gets a copy of its own. */
export function sharedStems(stems: SongStems): SongStems {
  const one = (samples: Float32Array) => {
    const out = new Float32Array(new SharedArrayBuffer(samples.byteLength));
    out.set(samples);
    return out;
  };
  const shared = ([left, right]: Stereo): Stereo => [one(left), one(right)];
  const { bass, vocals, other, drums } = stems;
  return { bass: shared(bass), vocals: shared(vocals), other: shared(other), drums: shared(drums) };
}
