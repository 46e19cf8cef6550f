/** Listeners of the Cadenza and Clarity challenges, and audiograms in files: what JSON says of two ears. */
import { DataError } from "../../errors.ts";
import { type Audiogram, checkAudiogram } from "./audiogram.ts";

/** The audiograms of two ears. */
export interface Ears {
  readonly left: Audiogram;
  readonly right: Audiogram;
}

/** A listener of a challenge. */
export interface Listener extends Ears {
  /** Names folders and files. */
  readonly name: string;
}

/**
 * Reads a file of listeners: an object, listener by listener, each with `audiogram_cfs`, `audiogram_levels_l` and
 * `audiogram_levels_r`.
 * @param name of the file, for messages.
 * @throws DataError naming the file, the listener and what is wrong.
 */
export function readListeners(text: string, name: string): ReadonlyMap<string, Listener> {
  const root = parsed(text, name);
  const listeners = new Map<string, Listener>();
  for (const [id, entry] of Object.entries(root)) {
    const own = isObject(entry) && typeof entry.name === "string" ? entry.name : id;
    listeners.set(id, { name: own, ...earsOf(entry, `${name}, listener ${id}`) });
  }
  if (listeners.size === 0) throw new DataError(`${name} holds no listeners.`);
  return listeners;
}

/**
 * Reads a file with one audiogram: `{"frequencies": […], "levels": […]}` for both ears, or a listener's entry as
 * {@link readListeners} knows it.
 * @throws DataError naming the file and what is wrong.
 */
export function readAudiogram(text: string, name: string): Ears {
  const root = parsed(text, name);
  if (!("frequencies" in root)) return earsOf(root, name);
  const both = audiogramOf(root.frequencies, root.levels, name);
  return { left: both, right: both };
}

function parsed(text: string, name: string): Record<string, unknown> {
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch (cause) {
    throw new DataError(`${name} is not JSON.`, FORM, { cause });
  }
  if (!isObject(root)) throw new DataError(`${name} holds no audiogram.`, FORM);
  return root;
}

const FORM =
  'Expected is {"frequencies": [250, …], "levels": [15, …]} in Hz and dB HL, or a listener with audiogram_cfs, ' +
  "audiogram_levels_l and audiogram_levels_r.";

function earsOf(entry: unknown, name: string): Ears {
  if (!isObject(entry)) throw new DataError(`${name} holds no audiogram.`, FORM);
  return {
    left: audiogramOf(entry.audiogram_cfs, entry.audiogram_levels_l, name),
    right: audiogramOf(entry.audiogram_cfs, entry.audiogram_levels_r, name),
  };
}

function audiogramOf(frequencies: unknown, levels: unknown, name: string): Audiogram {
  if (!isNumbers(frequencies) || !isNumbers(levels)) {
    throw new DataError(`${name} has no frequencies or no levels.`, FORM);
  }
  const audiogram = { frequencies, levels };
  try {
    checkAudiogram(audiogram);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new DataError(`${name}: ${why}`, FORM, { cause });
  }
  return audiogram;
}

function isNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((item) => typeof item === "number");
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
