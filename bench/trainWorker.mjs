/** Prepares batches of noise when asked, and hands them over. */
import { parentPort, workerData } from "node:worker_threads";
import { cellBatches } from "../dist/training/coupled/cellBatch.js";
import { arraysOf } from "../dist/training/data/moving.js";
import { prepareBatch } from "../dist/training/index.js";
import { Spectra } from "../dist/training/umx/spectra.js";
import { spectraBatch } from "../dist/training/umx/spectraBatch.js";
import { planSliCQT } from "../dist/transforms/slicqt/index.js";

const { scale, items, samples, prepare } = workerData;
const plan = planSliCQT({ ...scale, scale: scale.name });
const cells =
  prepare.kind === "cells" ? cellBatches({ ...scale, scale: scale.name }, prepare) : undefined;
const spectra = prepare.kind === "spectra" ? new Spectra(prepare.stft) : undefined;
let seed = 1;
const noise = () =>
  Float32Array.from({ length: samples }, () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return (0.2 * (seed - 2 ** 31)) / 2 ** 31;
  });
const excerpts = Array.from({ length: items }, () => ({
  stems: Array.from({ length: 4 }, () => [noise(), noise()]),
}));

parentPort.on("message", () => {
  const start = performance.now();
  const batch = spectra
    ? spectraBatch(spectra, excerpts, prepare, 1)
    : cells
      ? cells(excerpts)
      : prepareBatch(plan, excerpts, prepare);
  const milliseconds = performance.now() - start;
  // The excerpts are used again: with a loss of waveforms they are copied, not handed over.
  const buffers =
    prepare.losses?.sdrWeight > 0 || prepare.waves
      ? []
      : [...new Set(arraysOf(batch).map(({ buffer }) => buffer))];
  parentPort.postMessage({ batch, milliseconds }, buffers);
});
