/** The other end of {@link TrackPool}: a thread that scores tracks. */
import { parentPort, workerData } from "node:worker_threads";
import { type JobSetup, type TrackJob, TrackScorer } from "./trackJob.ts";
import { type Answer, failed } from "./trackPool.ts";

const setup: JobSetup = workerData;
let scorer: TrackScorer | undefined;

parentPort?.on("message", async (job: TrackJob) => {
  parentPort?.postMessage(await answer(job));
});

async function answer(job: TrackJob): Promise<Answer> {
  try {
    scorer ??= await TrackScorer.create(setup);
    return { kind: "scored", scores: await scorer.score(job) };
  } catch (error) {
    return failed(error);
  }
}
