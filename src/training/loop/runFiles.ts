/** What lies in a training's folder. */

/** Names of the files. */
export const runFiles = {
  /** Everything needed to go on. */
  checkpoint: "checkpoint.safetensors",
  /** The best weights so far, a model for all commands. */
  model: "model.safetensors",
  /** Settings and histories, for people. */
  summary: "training.json",
  log: "log.txt",
} as const;
