/**
 * A small alphabet of strokes for pictures without fonts: capitals, digits, some signs.
 *
 * Every letter stands on a grid of 5 × 7 points, x from 0 to 4, y from 0 (top) to 6 (baseline). A stroke is a row of
 * points "xy"; strokes are divided by spaces.
 */
const STROKES: Readonly<Record<string, string>> = {
  A: "0602204246 0444",
  B: "003041423303 3344453606 0006",
  C: "4130100105163645",
  D: "00304145360600",
  E: "40000646 0333",
  F: "400006 0333",
  G: "41301001051636454323",
  H: "0006 4046 0343",
  I: "1030 2026 1636",
  J: "4045361605",
  K: "0006 400346",
  L: "000646",
  M: "0600234046",
  N: "06004640",
  O: "100105163645413010",
  P: "06003041423303",
  Q: "100105163645413010 2446",
  R: "06003041423303 2346",
  S: "413010010213334445361605",
  T: "0040 2026",
  U: "000516364540",
  V: "002640",
  W: "0016233640",
  X: "0046 4006",
  Y: "002340 2326",
  Z: "00400646",
  "0": "100105163645413010 1531",
  "1": "112026 1636",
  "2": "01103041420646",
  "3": "01103041423313 334445361605",
  "4": "36300444",
  "5": "400003334445361605",
  "6": "413010010516364544331304",
  "7": "004016",
  "8": "130201103041423313 1304051636454433",
  "9": "051636454130100102133342",
  "-": "1333",
  "–": "0343",
  ".": "2526",
  ",": "2516",
  ":": "2122 2425",
  "(": "30121436",
  ")": "10323416",
  "/": "0640",
  "%": "0640 0111 3545",
  "@": "3616050110304143342423223234",
  _: "0646",
  "+": "0343 2125",
  "=": "0242 0444",
  "'": "2021",
  " ": "",
};

/** Stands for letters that are not in the alphabet. */
const UNKNOWN = "0006464000";

/** Widths in grid units. */
export const LETTER_WIDTH = 4;
export const LETTER_ADVANCE = 6;
export const LETTER_HEIGHT = 6;

/** The strokes of one letter as points; small letters as capitals, without accents. */
export function letterStrokes(letter: string): readonly (readonly (readonly [number, number])[])[] {
  const plain = letter.normalize("NFD")[0]?.toUpperCase() ?? "";
  const strokes = STROKES[plain] ?? UNKNOWN;
  return strokes
    .split(" ")
    .filter((stroke) => stroke !== "")
    .map((stroke) =>
      Array.from({ length: stroke.length / 2 }, (_, i) => {
        return [Number(stroke[2 * i]), Number(stroke[2 * i + 1])] as const;
      }),
    );
}
