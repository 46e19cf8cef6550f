/** The option `--phase`: settings of the phase step as a line of text. */
import { InvalidArgumentError, Option } from "commander";
import { XumxError } from "../errors.ts";
import {
  type AnyPhase,
  checkFrameEm,
  checkPhase,
  type FrameEm,
  firstWienerEm,
  openUnmixEm,
  originalWienerEm,
  type WienerWindow,
} from "../phase/index.ts";

/** `--phase <spec>`, for commands that separate. */
export function phaseOption(): Option {
  return new Option(
    "--phase <spec>",
    'mix, "mix,normalised", wiener-em, or e.g. "wiener-em,window=48slices,regularisation=1e-12"; for Open-Unmix, its ' +
      'relatives and slicq1 e.g. "frame-em,iterations=2,window=300,softmask,residual"; slicq-wiener is slicq1\'s ' +
      '"wiener-em,window=290slices,epsilon=1e-10,shared" (default: the model\'s own)',
  ).argParser(parsePhase);
}

/**
 * Reads the settings of a phase step: a method, then its settings, with commas between them.
 *
 * @throws InvalidArgumentError for what is none
 */
export function parsePhase(text: string): AnyPhase {
  const [method, ...settings] = text.split(",").map((part) => part.trim());
  if (method === "mix" && settings.length === 0) return { method };
  if (method === "mix" && settings.join() === "normalised") return { method, normalised: true };
  if (method === "frame-em") return parseFrameEm(settings);
  if (method !== "wiener-em" && method !== "slicq-wiener") {
    throw new InvalidArgumentError(
      '"mix", "mix,normalised", "wiener-em", "slicq-wiener" or "frame-em" is expected',
    );
  }
  let phase = method === "wiener-em" ? originalWienerEm : firstWienerEm;
  for (const setting of settings) {
    const [, name, value] = /^(\w+)=(.+)$/.exec(setting) ?? [];
    const { regularisation } = phase;
    const fixed = regularisation.kind === "fixed" ? regularisation : ({ kind: "fixed" } as const);
    if (name === "window") phase = { ...phase, window: windowOf(value) };
    else if (setting === "shared") {
      phase = { ...phase, regularisation: { ...fixed, shared: true } };
    } else if (name === "epsilon") {
      phase = { ...phase, regularisation: { ...fixed, epsilon: Number(value) } };
    } else if (name === "regularisation") {
      phase = { ...phase, regularisation: { kind: "relative", amount: Number(value) } };
    } else {
      throw new InvalidArgumentError(
        `window=…, regularisation=…, epsilon=… and shared are known, not "${setting}"`,
      );
    }
  }
  return checked(phase, checkPhase);
}

function parseFrameEm(settings: readonly string[]): FrameEm {
  let phase = openUnmixEm;
  for (const setting of settings) {
    const [, name, value] = /^(\w+)(?:=(.+))?$/.exec(setting) ?? [];
    if (name === "iterations") phase = { ...phase, iterations: Number(value) };
    else if (name === "window") {
      phase = { ...phase, window: value === "song" ? value : Number(value) };
    } else if (name === "epsilon") phase = { ...phase, epsilon: Number(value) };
    else if (setting === "softmask") phase = { ...phase, softmask: true };
    else if (setting === "residual" || setting === "residual=complex") {
      phase = { ...phase, residual: "complex" };
    } else if (setting === "residual=magnitude") phase = { ...phase, residual: "magnitude" };
    else {
      throw new InvalidArgumentError(
        `iterations=…, window=…, epsilon=…, softmask and residual are known, not "${setting}"`,
      );
    }
  }
  return checked(phase, checkFrameEm);
}

function checked<P>(phase: P, check: (phase: P) => void): P {
  try {
    check(phase);
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
