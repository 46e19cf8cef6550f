/** What ffmpeg says about a file before it decodes anything: its tracks, and when their sound begins. */
import type { FfmpegEnd } from "./ffmpegProcess.ts";
import { runFfmpeg } from "./ffmpegProcess.ts";
import type { AudioTrack } from "./notices.ts";

export interface FfmpegTrack extends AudioTrack {
  /** As ffmpeg calls it: "aac", "dsd_lsbf_planar". */
  readonly codec: string;
}

export interface FfmpegProbe {
  readonly tracks: readonly FfmpegTrack[];
  readonly hasVideo: boolean;
  /** Whether ffmpeg merely guesses what the file is. */
  readonly isGuess: boolean;
  /** Its last word, where it found nothing. */
  readonly complaint: string;
  readonly end: FfmpegEnd;
}

const stream =
  /^\s*Stream #0:\d+(?:\[\w+\])?(?:\((?<language>[^)]+)\))?: (?<kind>Audio|Video): (?<codec>\w+)(?<rest>.*)/;

/** Reads what there is in a file. */
export async function probeWithFfmpeg(path: string, signal?: AbortSignal): Promise<FfmpegProbe> {
  const { text, end } = await runFfmpeg(path, [], signal);
  const tracks: FfmpegTrack[] = [];
  let hasVideo = false;
  let isAudio = false;
  const lines = text.split("\n");
  for (const line of lines) {
    const groups = stream.exec(line)?.groups;
    if (groups) {
      const { language, kind, codec, rest } = groups;
      isAudio = kind === "Audio";
      hasVideo ||= kind === "Video" && !rest.includes("(attached pic)");
      if (!isAudio) continue;
      tracks.push({
        number: tracks.length + 1,
        ...(language && language !== "und" && { language }),
        isDefault: rest.includes("(default)"),
        codec,
      });
      continue;
    }
    const [, title] = /^ {6}title +: (.+)/.exec(line) ?? [];
    const last = tracks.at(-1);
    if (title && isAudio && last && !last.title) tracks[tracks.length - 1] = { ...last, title };
  }
  const isGuess = /detected only with low score/.test(text);
  const complaint = lines.findLast((line) => /: Invalid data|: [A-Z]/.test(line)) ?? "nothing";
  return { tracks, hasVideo, isGuess, complaint: complaint.trim(), end };
}

/** When the sound of a track begins, seconds after the file's beginning; 0 where ffmpeg does not tell. */
export async function startOfTrack(
  path: string,
  number: number,
  signal?: AbortSignal,
): Promise<number> {
  const first = [
    "-map",
    `0:a:${number - 1}`,
    "-frames:a",
    "1",
    "-af",
    "ashowinfo",
    "-f",
    "null",
    "-",
  ];
  const { text } = await runFfmpeg(path, first, signal);
  const [, time] = /\bn:0 .*?\bpts_time:([\d.]+)/.exec(text) ?? [];
  return time ? Number(time) : 0;
}
