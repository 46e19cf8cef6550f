/** Which of the bundled models is the usual one. */

/** Name of the bundled model that is used when none is named. */
export const defaultModel = "xumx-slicq";
