/** The transforms in which oracles work, named by short specifications: "bark-262-32.9", "stft-4096-1024-hann". */
import { ArgumentError } from "../../errors.ts";
import {
  type Coefficients,
  forward,
  inverse,
  planSliCQT,
  type ScaleName,
  scaleNames,
} from "../../transforms/slicqt/index.ts";
import { Stft, type StftWindow, stftWindows } from "./stft.ts";

/** Shape of one block of coefficients: [channel, bin, slice, coefficient, 2]. */
export interface BlockSize {
  readonly bins: number;
  readonly coefs: number;
}

/** A time-frequency transform with a perfect inverse; coefficients as the sliCQT has them. */
export interface OracleTransform {
  /** The specification it was made from. */
  readonly name: string;
  /** The sample rate it is made for, Hz; undefined where any will do. */
  readonly sampleRate: number | undefined;
  readonly blocks: readonly BlockSize[];
  analyse(channels: readonly Float32Array[]): Coefficients;
  synthesise(coefficients: Coefficients, samples: number): Float32Array[];
}

/**
 * Makes a transform: `<scale>-<bins>-<lowest frequency>` with the scales of the sliCQT, e.g. `bark-262-32.9`,
 * `vqlog-262-32.9-15` with gamma in Hz after, or `mrstft`; or `stft-<window length>-<hop>-<window>`, lengths in
 * samples, the window length a power of two, e.g. `stft-4096-1024-hann`.
 * @throws ArgumentError if there is no such transform.
 */
export function parseTransform(text: string): OracleTransform {
  const [head, ...rest] = text.split("-");
  const numbers = rest.map(Number);
  if (head === "stft") {
    const name = rest[2] ?? "hann";
    const window = stftWindows.find((known): known is StftWindow => known === name);
    if (rest.length > 3 || !window) throw unknown(text);
    const stft = new Stft(numbers[0], numbers[1], window);
    return {
      name: text,
      sampleRate: undefined,
      blocks: [stft.block],
      analyse: (channels) => stft.analyse(channels),
      synthesise: (coefficients, samples) => stft.synthesise(coefficients, samples),
    };
  }
  const scale = scaleNames.find((known): known is ScaleName => known === head);
  const fits = head === "mrstft" ? rest.length === 0 : rest.length === 2 || rest.length === 3;
  if (!scale || !fits || numbers.some(Number.isNaN)) throw unknown(text);
  const [bins = 0, fmin = 0, gamma] = numbers;
  const plan = planSliCQT({ scale, bins, fmin, ...(gamma !== undefined && { gamma }) });
  return {
    name: text,
    sampleRate: 44100,
    blocks: plan.blocks,
    analyse: (channels) => forward(plan, channels),
    synthesise: (coefficients, samples) => inverse(plan, coefficients, samples),
  };
}

function unknown(text: string): ArgumentError {
  return new ArgumentError(
    `There is no transform "${text}".`,
    `Examples: bark-262-32.9, vqlog-262-32.9-15, mrstft, stft-4096-1024-hann; scales: ${scaleNames.join(", ")}; ` +
      `STFT windows: ${stftWindows.join(", ")}.`,
  );
}
