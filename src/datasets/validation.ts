/** MUSDB18's validation songs: they lie in the training folder and are kept out of training. */

/** The 14 songs, as musdb's configuration lists them. */
export const validationSongs: ReadonlySet<string> = new Set([
  "Actions - One Minute Smile",
  "Clara Berry And Wooldog - Waltz For My Victims",
  "Johnny Lokke - Promises & Lies",
  "Patrick Talbot - A Reason To Leave",
  "Triviul - Angelsaint",
  "Alexander Ross - Goodbye Bolero",
  "Fergessen - Nos Palpitants",
  "Leaf - Summerghost",
  "Skelpolu - Human Mistakes",
  "Young Griffo - Pennies",
  "ANiMAL - Rockshow",
  "James May - On The Line",
  "Meaxic - Take A Step",
  "Traffic Experiment - Sirens",
]);
