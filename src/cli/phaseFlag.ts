/** The option `--phase`: settings of the phase step as a line of text. */
import { InvalidArgumentError, Option } from "commander";
import { XumxError } from "../errors.ts";
import {
  checkPhase,
  originalWienerEm,
  type PhaseSettings,
  type WienerWindow,
} from "../phase/index.ts";

/** `--phase <spec>`, for commands that separate. */
export function phaseOption(): Option {
  return new Option(
    "--phase <spec>",
    'mix, "mix,normalised", wiener-em, or e.g. "wiener-em,window=48slices,regularisation=1e-12" (default: the model\'s own)',
  ).argParser(parsePhase);
}

/**
 * Reads the settings of a phase step: a method, then its settings, with commas between them.
 *
 * @throws InvalidArgumentError for what is none
 */
export function parsePhase(text: string): PhaseSettings {
  const [method, ...settings] = text.split(",").map((part) => part.trim());
  if (method === "mix" && settings.length === 0) return { method };
  if (method === "mix" && settings.join() === "normalised") return { method, normalised: true };
  if (method !== "wiener-em") {
    throw new InvalidArgumentError('"mix", "mix,normalised" or "wiener-em" is expected');
  }
  let phase = originalWienerEm;
  for (const setting of settings) {
    const [, name, value] = /^(\w+)=(.+)$/.exec(setting) ?? [];
    if (name === "window") phase = { ...phase, window: windowOf(value) };
    else if (name === "regularisation") {
      phase = { ...phase, regularisation: { kind: "relative", amount: Number(value) } };
    } else {
      throw new InvalidArgumentError(`window=… and regularisation=… are known, not "${setting}"`);
    }
  }
  try {
    checkPhase(phase);
  } catch (error) {
    if (error instanceof XumxError) throw new InvalidArgumentError(error.message);
    throw error;
  }
  return phase;
}

/** Coefficients, or slices: "5000", "48slices". */
function windowOf(text: string): WienerWindow {
  const [, amount, unit] = /^(\d+)(slices)?$/.exec(text) ?? [];
  if (amount === undefined) {
    throw new InvalidArgumentError('a window is a number of coefficients, or "48slices"');
  }
  return unit ? { slices: Number(amount) } : Number(amount);
}
