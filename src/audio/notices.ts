/** What the readers noticed about a file, and how much damage they may pass over. */
import { corruptAudio } from "./streamedSource.ts";

/**
 * How much damage is passed over, with a notice: none; what lies before and after the sound, a cut end and sizes that
 * cannot be true (the default); or holes within the sound too, which become silence.
 */
export type Tolerance = "none" | "ends" | "holes";

/** All values of {@link Tolerance}, the strictest first. */
export const tolerances: readonly Tolerance[] = ["none", "ends", "holes"];

/** Something in the file that is not as it ought to be, and what became of it. Positions are in bytes. */
export type Flaw =
  /** Bytes before the sound that are no audio were passed over. */
  | { readonly kind: "junk-before"; readonly bytes: number }
  /** Bytes that are no audio were not read; no audio follows them. */
  | { readonly kind: "unread"; readonly position: number; readonly bytes: number }
  /** The sound ends too early, after so many seconds; what is there was used. */
  | { readonly kind: "cut-short"; readonly seconds: number; readonly reason: string }
  /** The header counts other samples per channel than there are; those that are there were used. */
  | { readonly kind: "wrong-length"; readonly claimed: number; readonly found: number }
  /** A field of the header contradicts others, and was not used. */
  | { readonly kind: "wrong-header"; readonly reason: string }
  /** Sound is missing or damaged from a second on; so many seconds of silence stand for it. */
  | {
      readonly kind: "hole";
      readonly seconds: number;
      readonly silence: number;
      readonly reason: string;
    };

/** Something that is no fault of the file, but worth knowing. */
export type Remark =
  /** The file has several audio tracks, of which one was read; numbers count from 1. */
  | {
      readonly kind: "several-tracks";
      readonly chosen: number;
      readonly tracks: readonly AudioTrack[];
    }
  /** The sound begins so many seconds after the file does; the pause was not read. */
  | { readonly kind: "starts-late"; readonly seconds: number }
  /** By its time stamps the sound pauses from a second on, for so long; so many seconds of silence stand for it. */
  | {
      readonly kind: "pause";
      readonly seconds: number;
      readonly length: number;
      readonly silence: number;
    };

/** What a reader has to say of a file. */
export type AudioNotice = Flaw | Remark;

/** An audio track of a film, or of another file that holds several. */
export interface AudioTrack {
  /** From 1. */
  readonly number: number;
  /** As the file has it: "eng", "jpn". */
  readonly language?: string;
  /** As the file has it: "Commentary". */
  readonly title?: string;
  /** The track that players choose. */
  readonly isDefault: boolean;
}

/** Later notices are not kept. */
const MAX_NOTICES = 1000;

/** Gathers the notices of one file, and turns into errors what is more than may be passed over. */
export class NoticeLog {
  /** Of the file, for messages. */
  readonly name: string;
  readonly tolerance: Tolerance;
  readonly #notices: AudioNotice[] = [];

  constructor(name: string, tolerance: Tolerance = "ends") {
    this.name = name;
    this.tolerance = tolerance;
  }

  /** Grows while the file is read. */
  get notices(): readonly AudioNotice[] {
    return this.#notices;
  }

  /** @throws AudioError "corrupt-audio" for a flaw that may not be passed over. */
  add(notice: AudioNotice, cause?: unknown): void {
    const least = leastTolerance(notice);
    if (tolerances.indexOf(this.tolerance) < tolerances.indexOf(least)) {
      throw corruptAudio(this.name, `${faultOf(notice)}.`, cause);
    }
    if (this.#notices.length < MAX_NOTICES) this.#notices.push(notice);
  }
}

/** The tolerance that it takes to go on. */
function leastTolerance({ kind }: AudioNotice): Tolerance {
  if (kind === "several-tracks" || kind === "starts-late" || kind === "pause") return "none";
  return kind === "hole" ? "holes" : "ends";
}

/** What is wrong, or worth knowing. */
function faultOf(notice: AudioNotice): string {
  switch (notice.kind) {
    case "junk-before":
      return `its first ${notice.bytes} bytes are no audio`;
    case "unread":
      return `${notice.bytes} bytes from byte ${notice.position} on are no audio`;
    case "cut-short":
      return `it is cut short after ${notice.seconds.toFixed(2)} s: ${notice.reason}`;
    case "wrong-length":
      return `${notice.found} samples per channel are there, and ${notice.claimed} announced`;
    case "wrong-header":
      return `its header contradicts itself: ${notice.reason}`;
    case "hole":
      return `${notice.reason} at ${notice.seconds.toFixed(2)} s`;
    case "several-tracks": {
      const list = notice.tracks.map(trackText).join(", ");
      return `it has ${notice.tracks.length} audio tracks (${list})`;
    }
    case "starts-late":
      return `its sound begins after ${notice.seconds.toFixed(2)} s`;
    case "pause":
      return `its sound pauses for ${notice.length.toFixed(2)} s after ${notice.seconds.toFixed(2)} s`;
  }
}

/** A notice as a sentence for people, without the file's name. */
export function noticeText(notice: AudioNotice): string {
  return `${faultOf(notice)}${consequence(notice)}.`;
}

function consequence(notice: AudioNotice): string {
  switch (notice.kind) {
    case "junk-before":
      return "; they were passed over";
    case "unread":
      return "; they were not read";
    case "cut-short":
    case "wrong-length":
      return "; what is there was used";
    case "wrong-header":
      return "";
    case "hole":
    case "pause": {
      const { kind, silence } = notice;
      if (silence > 0) return `; ${silence.toFixed(2)} s of silence stand for it`;
      return kind === "hole" ? "; nothing stands for it" : "; the pause was not read";
    }
    case "several-tracks":
      return `; number ${notice.chosen} was read`;
    case "starts-late":
      return "; the pause before it was not read";
  }
}

function trackText({ number, language, title, isDefault }: AudioTrack): string {
  return [number, language, title && `"${title}"`, isDefault && "default"]
    .filter((part) => part)
    .join(" ");
}
