/** Settings of band-coupled networks in our files. There is no original program. */
import { ArgumentError } from "../../errors.ts";
import type { TransformSettings } from "../../transforms/index.ts";
import type { Fields } from "../fields.ts";
import { unsupported } from "../fields.ts";
import { type ModelScale, readScale, scaleOptions } from "../scale.ts";
import type { CoupledSizes } from "./architecture.ts";

/** Name of the family in files. */
export const familyName = "coupled";

/** All about a band-coupled network but its numbers. */
export interface CoupledSettings {
  readonly family: typeof familyName;
  readonly scale: ModelScale;
  /** True for a network that sees no later step of four frames. */
  readonly realtime: boolean;
  readonly sizes: CoupledSizes;
}

const MOST = 4096;
const LONGEST_DILATION = 64;

/** Settings from the metadata of our files. @throws WeightsError naming the field at fault */
export function readSettings(metadata: Fields): CoupledSettings {
  const scale = metadata.fields("scale");
  const sizes = metadata.fields("sizes");
  const dilations = sizes.optional("dilations");
  const isDilation = (value: unknown): value is number =>
    Number.isInteger(value) && Number(value) >= 1 && Number(value) <= LONGEST_DILATION;
  if (!Array.isArray(dilations) || !dilations.every(isDilation)) {
    return sizes.fail("dilations", `whole numbers from 1 to ${LONGEST_DILATION}`);
  }
  return {
    family: familyName,
    scale: {
      ...readScale(scale, { name: "name", bins: "bins", fmin: "fmin" }),
      gamma: scale.number("gamma"),
    },
    realtime: metadata.boolean("realtime"),
    sizes: {
      cellsPerFrame: sizes.whole("cellsPerFrame", 1, MOST),
      bandCells: sizes.whole("bandCells", sizes.whole("cellsPerFrame", 1, MOST), MOST),
      bandBins: sizes.whole("bandBins", 1, MOST),
      channels: sizes.whole("channels", 1, MOST),
      dilations,
      headChannels: sizes.whole("headChannels", 1, MOST),
    },
  };
}

/** The transform of a network. */
export function transformOf({ scale }: Pick<CoupledSettings, "scale">): TransformSettings {
  return { kind: "slicqt", ...scaleOptions(scale), windowMultiple: 16 };
}

/** @throws WeightsError always: no other program writes such models */
export function readOriginal(): never {
  throw unsupported("Band-coupled networks have no original program.");
}

/** @throws ArgumentError always: no other program reads such models */
export function originalJson(): never {
  throw new ArgumentError(
    "The original program does not know band-coupled networks.",
    "Export it as safetensors or ONNX.",
  );
}
