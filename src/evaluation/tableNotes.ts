/** What stands below the tables: why figures are missing, and which mean nothing. */
import { type MethodScores, stemNames, summarise, trackStems } from "./aggregate.ts";

/** Marks figures that mean nothing. */
export const UNDETERMINED = "*";

/** Sentences, one a line; none where nothing needs to be explained. */
export function tableNotes(methods: readonly MethodScores[]): readonly string[] {
  const several = methods.length > 1;
  const notes = methods.flatMap((scores) => {
    const name = several ? `${scores.method}: ` : "";
    return [...silentStems(scores), ...unscored(scores)].map((note) => name + note);
  });
  const marked = methods.some((scores) =>
    summarise(scores).stems.some(({ undetermined }) => undetermined > 0),
  );
  return [...new Set(notes), ...(marked ? [UNDETERMINED_NOTE] : [])];
}

const UNDETERMINED_NOTE =
  `${UNDETERMINED} ISR, SIR and SAR mean nothing on some of these tracks: their references are band-limited (as by AAC ` +
  "or MP3) or have equal channels, so the filters of BSS Eval are undetermined there. SDR and uSDR need no filters.";

/** Stems that are silent in whole tracks: they have no global SDR. */
function silentStems(scores: MethodScores): readonly string[] {
  const rows = trackStems(scores);
  // Files of other programs have no global SDR at all; nothing can be said of theirs.
  const measured = rows.filter(({ track }) =>
    rows.some((row) => row.track === track && !Number.isNaN(row.uSDR)),
  );
  return stemNames([scores]).flatMap((stem) => {
    const silent = measured.filter((row) => row.stem === stem && Number.isNaN(row.uSDR));
    return silent.length === 0
      ? []
      : [
          `${stem} is silent in ${named(silent.map(({ track }) => track))}: no SDR is defined there.`,
        ];
  });
}

/** Tracks of which no frame could be scored. */
function unscored(scores: MethodScores): readonly string[] {
  const rows = trackStems(scores);
  const tracks = [...new Set(rows.map(({ track }) => track))].filter((track) =>
    rows.every((row) => row.track !== track || Number.isNaN(row.SDR)),
  );
  return tracks.length === 0
    ? []
    : [
        `${named(tracks)} ${tracks.length === 1 ? "has" : "have"} no cSDR: ` +
          "BSS Eval leaves out frames in which any stem or estimate is silent, and that is every frame.",
      ];
}

/** The first names of a list, and how many there are besides. */
function named(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN).map((name) => `"${name}"`);
  const more = names.length - shown.length;
  return shown.join(", ") + (more > 0 ? ` and ${more} more` : "");
}

const SHOWN = 3;
