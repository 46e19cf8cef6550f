/** The demix room: song files to stem files. */
export { type DemixResult, demixFile } from "./demixFile.ts";
export { folderName, trackName } from "./trackName.ts";
