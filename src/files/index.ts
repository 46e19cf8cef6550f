/** Files that are whole or not there, hidden folders with an owner, and locks (Node). */
export { systemCode, unwritable } from "./fileError.ts";
export { FileWriter } from "./fileWriter.ts";
export { lockFolder } from "./lock.ts";
export { PartFile, writeAtomically } from "./partFile.ts";
export { clearLeftovers, PrivateFolder, removeUnfinished } from "./privateFolder.ts";
export { Staging, type StagingOptions, Unfinished } from "./staging.ts";
export { syncFolder } from "./sync.ts";
