/** What the page asks of the studio: the worker in which songs are decoded, separated, kept and encoded. */

import type { AudioTags, OutputFormat } from "xumx-slicq";
import type { Spectrogram, SpectrogramRequest } from "../pictures/spectrogram.ts";
import type { PeakPart } from "../tracks/peakMeter.ts";

/** What the head of a song's file says; and, once it has been decoded, what is there. */
export interface HeadFacts {
  readonly tags: AudioTags;
  readonly sampleRate: number;
  /** 1 or 2; more were mixed down. */
  readonly channels: number;
  /** Perhaps an estimate until all has been decoded. */
  readonly frames: number;
  /** For people. */
  readonly notices: readonly string[];
}

/** A model as it lies on this machine. */
export type ModelFiles =
  | { readonly kind: "safetensors"; readonly weights: Blob }
  | {
      readonly kind: "pth";
      readonly weights: Blob;
      readonly configuration: Blob;
      readonly name: string;
    };

/** What is known of a model. */
export interface ModelFacts {
  readonly name: string;
  readonly licence: string | undefined;
  readonly targets: readonly string[];
}

/** Where the network computes: on a GPU that agrees with the processor, if there is one, or on the processor. */
export type DeviceChoice = "auto" | "cpu";

/** What songs are separated with. */
export interface SeparatorMeans {
  readonly device: DeviceChoice;
  /** Workers side by side. */
  readonly threads: number;
  /** Passes over a song, of which the mean counts; models that see whole songs take one. */
  readonly passes: number;
}

/** What is heard of a separation. */
export type SeparationEvent =
  | { readonly kind: "begun"; readonly stems: readonly string[]; readonly device: string }
  /** The fraction that is done, 0 to 1. */
  | { readonly kind: "progress"; readonly fraction: number }
  /** New samples of all stems: frames that are there now, and the peaks of each stem that are new. */
  | { readonly kind: "grown"; readonly ready: number; readonly peaks: readonly PeakPart[] };

/** A sound that is exported: one stem, or a mix of stems. */
export interface ExportSound {
  /** The file's name without its ending. */
  readonly fileName: string;
  /** Of the tags. */
  readonly title: string;
  readonly parts: readonly {
    readonly track: string;
    readonly gain: number;
    readonly pan: number;
  }[];
}

/** Where exported files go. */
export type ExportPlace =
  | { readonly kind: "file"; readonly handle: FileSystemFileHandle }
  | { readonly kind: "folder"; readonly handle: FileSystemDirectoryHandle }
  /** To be downloaded: they come back with the answer. */
  | { readonly kind: "download" };

export interface ExportWork {
  readonly song: string;
  readonly sounds: readonly ExportSound[];
  readonly format: OutputFormat;
  /** The name of the archive that holds all files, if there is to be one. */
  readonly archive?: string;
  readonly place: ExportPlace;
}

export interface Exported {
  readonly names: readonly string[];
  /** All was multiplied by this, at most 1, so that nothing is cut off. */
  readonly gain: number;
  /** What is to be downloaded. */
  readonly files: readonly { readonly name: string; readonly content: Blob }[];
}

/** Songs are named by ids of the page's. */
export interface StudioProtocol {
  /** Decodes a file and keeps its samples as the track "original". */
  readonly decode: {
    readonly request: { readonly song: string; readonly file: File };
    readonly event:
      | { readonly kind: "head"; readonly facts: HeadFacts }
      | { readonly kind: "progress"; readonly fraction: number };
    readonly answer: { readonly facts: HeadFacts; readonly peaks: PeakPart };
  };
  /** Separates a song that was decoded. One at a time. */
  readonly separate: {
    readonly request: {
      readonly song: string;
      /** Models of the same key are the same. */
      readonly modelKey: string;
      readonly model: ModelFiles;
      readonly means: SeparatorMeans;
    };
    readonly event: SeparationEvent;
    readonly answer: undefined;
  };
  readonly read: {
    readonly request: {
      readonly song: string;
      readonly track: string;
      readonly start: number;
      readonly frames: number;
    };
    readonly event: never;
    readonly answer: readonly Float32Array<ArrayBuffer>[];
  };
  /** Gives back what is kept of a song: its stems, or all. */
  readonly drop: {
    readonly request: { readonly song: string; readonly what: "stems" | "all" };
    readonly event: never;
    readonly answer: undefined;
  };
  /** Reads a model whole, and says what it is. */
  readonly describe: {
    readonly request: ModelFiles;
    readonly event: never;
    readonly answer: ModelFacts;
  };
  /** Draws a spectrogram of what is there of a track. */
  readonly spectrogram: {
    readonly request: SpectrogramRequest;
    readonly event: never;
    readonly answer: Spectrogram;
  };
  readonly export: {
    readonly request: ExportWork;
    readonly event: { readonly fraction: number };
    readonly answer: Exported;
  };
}
