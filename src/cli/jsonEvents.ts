/** What `--json` prints: one of these objects a line. Their fields are described here for the documentation too. */
import type { AudioNotice } from "../audio/index.ts";
import { printJson } from "./terminal.ts";

/** Number of the schema; it changes when a field changes its meaning or goes. */
export const JSON_SCHEMA = 1;

/** A written file. */
export interface JsonFile {
  readonly stem: string;
  /** Null if the output went to stdout. */
  readonly path: string | null;
  readonly frames: number;
  readonly sampleRate: number;
  readonly channels: number;
  readonly peak: number;
  readonly clamped: number;
}

export interface JsonStart {
  readonly event: "start";
  readonly schema: typeof JSON_SCHEMA;
  readonly version: string;
  readonly model: { readonly name: string; readonly licence: string | null };
  readonly runtime: { readonly name: string; readonly version: string } | null;
  readonly device: string | null;
  readonly threads: number;
  readonly jobs: number;
  readonly songs: number;
  readonly settings: Readonly<Record<string, unknown>>;
}

export interface JsonNotice {
  readonly event: "notice";
  readonly input: string | null;
  readonly text: string;
}

export interface JsonLeftOut {
  readonly event: "left-out";
  readonly input: string;
  readonly reason: string;
}

/** Of `--dry-run`. */
export interface JsonInspection {
  readonly event: "inspection";
  readonly song: number;
  readonly input: string;
  readonly files: readonly { readonly stem: string; readonly path: string | null }[];
  readonly source: {
    readonly container: string;
    readonly sampleFormat: string;
    readonly sampleRate: number;
    readonly channels: number;
  };
  readonly format: Readonly<Record<string, unknown>>;
  readonly sampleRate: number;
  readonly channels: number;
  readonly frames: number | null;
  readonly notices: readonly string[];
}

export interface JsonDownload {
  readonly event: "download";
  readonly model: string;
  readonly received: number;
  readonly total: number;
}

export interface JsonSongStart {
  readonly event: "song-start";
  readonly song: number;
  readonly input: string;
  readonly track: string;
}

export interface JsonProgress {
  readonly event: "progress";
  readonly song: number;
  readonly input: string;
  readonly fraction: number | null;
  readonly seconds: number;
  readonly total: number;
  readonly secondsLeft: number | null;
}

export interface JsonSongDone {
  readonly event: "song-done";
  readonly song: number;
  readonly input: string;
  readonly files: readonly JsonFile[];
  readonly format: Readonly<Record<string, unknown>>;
  readonly gain: number;
  readonly sourceNotices: readonly AudioNotice[];
  readonly duration: number;
  readonly seconds: number;
}

export interface JsonSongSkipped {
  readonly event: "song-skipped";
  readonly song: number;
  readonly input: string;
  readonly files: readonly { readonly stem: string; readonly path: string | null }[];
}

export interface JsonSongFailed {
  readonly event: "song-failed";
  readonly song: number | null;
  readonly input: string;
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
}

export interface JsonSummary {
  readonly event: "summary";
  readonly done: number;
  readonly skipped: number;
  readonly failed: number;
  readonly interrupted: boolean;
  readonly seconds: number;
  readonly times: Readonly<Record<string, number>>;
  readonly peakMemory: number;
}

export interface JsonError {
  readonly event: "error";
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
}

export type JsonEvent =
  | JsonStart
  | JsonNotice
  | JsonLeftOut
  | JsonInspection
  | JsonDownload
  | JsonSongStart
  | JsonProgress
  | JsonSongDone
  | JsonSongSkipped
  | JsonSongFailed
  | JsonSummary
  | JsonError;

type Fields<E> = { readonly [F in Exclude<keyof E, "event">]: string };

/** Every event and every field, in words. */
export const jsonEvents: {
  readonly [E in JsonEvent as E["event"]]: {
    readonly when: string;
    readonly fields: Fields<E>;
  };
} = {
  start: {
    when: "once, before the first song",
    fields: {
      schema: `${JSON_SCHEMA}: the number of this schema`,
      version: "of the program",
      model: "`name` and `licence` (null if unknown) of the weights",
      runtime:
        "`name` (native or wasm) and `version` of ONNX Runtime; null if nothing is to be separated: no model is loaded then",
      device: "where the network runs: cpu, webgpu or cuda; null likewise",
      threads: "processor threads of all jobs together",
      jobs: "songs at once",
      songs: "number of songs to come",
      settings: "what the options of stems, output, phase, level, shifts and gate amount to",
    },
  },
  notice: {
    when: "something is worth knowing: a slower runtime, channels mixed down, a gain, …",
    fields: { input: "the song it is about, or null", text: "for people" },
  },
  "left-out": {
    when: "a file was found that is no song, but an output of an earlier run",
    fields: { input: "its path", reason: "for people" },
  },
  inspection: {
    when: "--dry-run: for each song that would be separated",
    fields: {
      song: "its number, from 1",
      input: "its path",
      files: "for each output: `stem` and `path` (null: stdout)",
      source: "of the song's file: `container`, `sampleFormat`, `sampleRate` in Hz, `channels`",
      format: "of the outputs: `container` and `encoding` or `bitrate` (kbit/s)",
      sampleRate: "of the outputs, Hz",
      channels: "of the outputs",
      frames: "samples per channel of every output; null while the song's head does not tell",
      notices: "what would be lost or changed on the way, for people",
    },
  },
  download: {
    when: "while a model is fetched",
    fields: { model: "its name", received: "bytes at hand", total: "bytes in all" },
  },
  "song-start": {
    when: "work on a song begins",
    fields: {
      song: "its number, from 1",
      input: "its path; - for stdin",
      track: "the track's name",
    },
  },
  progress: {
    when: "at most four times a second for each song",
    fields: {
      song: "its number",
      input: "its path",
      fraction: "done of the song, 0 to 1; null while its length is unknown",
      seconds: "of the song's music that are done",
      total: "done of all songs, 0 to 1",
      secondsLeft: "until all is done, estimated; null if unknown",
    },
  },
  "song-done": {
    when: "all files of a song are there",
    fields: {
      song: "its number",
      input: "its path",
      files:
        "for each: `stem`, `path` (null: stdout), `frames` per channel, `sampleRate` in Hz, `channels`, `peak` (largest magnitude, 1: full scale), `clamped` (samples cut off)",
      format: "`container` and `encoding` or `bitrate` (kbit/s)",
      gain: "what all outputs were multiplied by to stay within full scale; 1: nothing",
      sourceNotices:
        "what was noticed about the song's file: its flaws that were passed over (`kind`: junk-before, unread, cut-short, wrong-length, wrong-header, hole), several-tracks, starts-late and pause, each with where and how much, in seconds, samples per channel (wrong-length) or bytes",
      duration: "of the music, seconds",
      seconds: "that the work took",
    },
  },
  "song-skipped": {
    when: "all files of a song were there already (--skip-existing)",
    fields: { song: "its number", input: "its path", files: "for each: `stem` and `path`" },
  },
  "song-failed": {
    when: "a song could not be separated; nothing of it was left",
    fields: {
      song: "its number, or null if it was not even found",
      input: "what was given, or the song's path",
      code: "a stable name of the reason, such as not-audio",
      message: "for people",
      hint: "what to do about it, or null",
    },
  },
  summary: {
    when: "once, at the end, also after an interruption",
    fields: {
      done: "songs separated",
      skipped: "songs left alone",
      failed: "songs that could not be separated",
      interrupted: "whether a signal ended the work early",
      seconds: "of the whole run, without loading",
      times:
        "seconds spent by all threads on `decode`, `forward`, `network`, `phase`, `inverse`, `encode`",
      peakMemory: "most memory that the program held, bytes",
    },
  },
  error: {
    when: "once, in place of a summary, if the work could not begin; stderr has it too",
    fields: { code: "as of song-failed", message: "for people", hint: "what to do, or null" },
  },
};

/** Prints an event. */
export function printEvent(event: JsonEvent): void {
  printJson(event);
}
