/** The other end of the pool of pairs: a thread that scores them. */
import { parentPort, workerData } from "node:worker_threads";
import { answerTo, type PairJob } from "./pairPool.ts";
import { PairScorer } from "./scorePair.ts";

const scorer = new PairScorer(workerData);

parentPort?.on("message", async (job: PairJob) => {
  parentPort?.postMessage(await answerTo(scorer, job));
});
