/** What a training says while it runs. */
import type { XumxError } from "../../errors.ts";
import type { Target } from "../../networks/index.ts";
import type { EpochResult } from "./progress.ts";

/** One of the things that a training says while it runs. */
export type Report =
  /** A song has been decoded, or was found decoded. */
  | {
      readonly kind: "decoded";
      readonly done: number;
      readonly total: number;
      readonly name: string;
    }
  /** A song is left out. */
  | { readonly kind: "problem"; readonly name: string; readonly error: XumxError }
  /** The input statistics are being taken. */
  | { readonly kind: "statistics" }
  | {
      readonly kind: "started";
      readonly songs: number;
      readonly validSongs: number;
      /** Trained numbers of the network. */
      readonly parameters: number;
      readonly from: "random weights" | "given weights" | "checkpoint";
      /** Epochs and updates that a checkpoint had behind it. */
      readonly epoch: number;
      readonly updates: number;
      readonly runtime: "native" | "wasm";
      readonly notice: string | undefined;
    }
  | {
      readonly kind: "update";
      /** 1, 2, …. */
      readonly epoch: number;
      /** Batches of the epoch that are done, and all of them. */
      readonly batch: number;
      readonly batches: number;
      /** Mean over the epoch's batches so far. */
      readonly loss: number;
      readonly learningRate: number;
      /** Seconds of audio per second, over the last batches. */
      readonly speed: number;
    }
  | { readonly kind: "validating"; readonly done: number; readonly total: number }
  | {
      readonly kind: "epoch";
      readonly result: EpochResult;
      readonly best: { readonly epoch: number; readonly loss: number };
      /** Scores of validation clips, dB. */
      readonly sdr: Readonly<Partial<Record<Target, number>>>;
    }
  | { readonly kind: "checkpoint"; readonly path: string };

/** Why a training ended. */
export type EndReason =
  /** All epochs are done. */
  | "epochs"
  /** The validation loss has not improved for too long. */
  | "patience"
  | "time-limit"
  | "aborted"
  /** The loss is no longer a number. */
  | "diverged";
