/** Which of a file's audio tracks is read. */
import { ArgumentError } from "../errors.ts";
import type { AudioTrack, NoticeLog } from "./notices.ts";

/**
 * The wanted track, else the default one, else the first; that there are several is told.
 * @param wanted a number from 1, or a language. A file's only track has no choice of language.
 * @throws ArgumentError if there is no such track.
 */
export function chosenTrack(
  tracks: readonly AudioTrack[],
  wanted: number | string | undefined,
  log: NoticeLog,
): AudioTrack {
  const chosen = findTrack(tracks, wanted);
  if (!chosen) {
    const list = tracks.map(({ number, language }) => [number, language].join(" ").trim());
    throw new ArgumentError(
      `${log.name} has no audio track ${wanted}; it has ${list.join(", ")}.`,
      "Choose one of these.",
    );
  }
  if (tracks.length > 1) log.add({ kind: "several-tracks", chosen: chosen.number, tracks });
  return chosen;
}

function findTrack(
  tracks: readonly AudioTrack[],
  wanted: number | string | undefined,
): AudioTrack | undefined {
  if (typeof wanted === "number") return tracks.find(({ number }) => number === wanted);
  const usual = tracks.find(({ isDefault }) => isDefault) ?? tracks[0];
  if (wanted === undefined || tracks.length === 1) return usual;
  const language = wanted.toLowerCase();
  return tracks.find((track) => track.language?.toLowerCase() === language);
}
