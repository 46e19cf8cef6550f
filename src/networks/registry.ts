/** The families of networks there are. */
import { cdae } from "./cdae/family.ts";
import { coupled } from "./coupled/family.ts";
import type { Fields } from "./fields.ts";
import { unsupported } from "./fields.ts";
import type {
  EngineSetup,
  FrameEngine,
  FrameEngineSetup,
  MaskEngine,
  NetworkFamily,
  SongEngineSetup,
  SongNetwork,
} from "./network.ts";
import { slicq1 } from "./slicq1/family.ts";
import { umx } from "./umx/family.ts";
import { xumx } from "./xumx/family.ts";

/** All families: a new one is a line here, by what its networks see of a song, and one in {@link known}. */
const sliceFamilies = { "xumx-slicq-v2": cdae, slicq1, coupled };
const songFamilies = { umx, xumx };
const families = { ...sliceFamilies, ...songFamilies };

/** Name of a family. */
export type FamilyName = keyof typeof families;

/** Settings of a network of any family, told apart by `family`. */
export type NetworkSettings = ReturnType<(typeof families)[FamilyName]["readSettings"]>;

/** A network that sees slices, of any family, made ready to run. */
export type PreparedSliceNetwork = ReturnType<
  (typeof sliceFamilies)[keyof typeof sliceFamilies]["prepare"]
>;

/** A network that sees whole songs, of any family, made ready to run. */
export type PreparedSongNetwork = ReturnType<
  (typeof songFamilies)[keyof typeof songFamilies]["prepare"]
>;

/** A network of any family made ready to run, told apart by `family`, and by `context`. */
export type AnyPreparedNetwork = PreparedSliceNetwork | PreparedSongNetwork;

/** A family that takes what is of any family, and throws where it is not its own. */
export type AnyFamily = NetworkFamily<NetworkSettings, AnyPreparedNetwork>;

/** In this order they are asked whose a json is: the first version's says more than the second's. */
const known: Readonly<Record<FamilyName, AnyFamily>> = {
  slicq1: general(slicq1),
  "xumx-slicq-v2": general(cdae),
  coupled: general(coupled),
  umx: general(umx),
  xumx: general(xumx),
};

/** The family of a name. */
export function familyOf(name: FamilyName): AnyFamily {
  return known[name];
}

/** A family as one that takes what is of any. */
function general<S extends NetworkSettings, P extends AnyPreparedNetwork>(
  family: NetworkFamily<S, P>,
): AnyFamily {
  const isOwn = (settings: NetworkSettings): settings is S => settings.family === family.name;
  const own = (settings: NetworkSettings): S => {
    if (isOwn(settings)) return settings;
    throw unsupported(`A network of the family "${settings.family}" is none of "${family.name}".`);
  };
  return {
    name: family.name,
    readSettings: (metadata) => family.readSettings(metadata),
    recognises: (json) => family.recognises(json),
    readOriginal: (json) => family.readOriginal(json),
    originalJson: (settings, training) => family.originalJson(own(settings), training),
    targets: (settings) => family.targets(own(settings)),
    variant: (settings) => family.variant(own(settings)),
    expectedTensors: (settings, tensors) => family.expectedTensors(own(settings), tensors),
    prepare: (settings, state) => family.prepare(own(settings), state),
    onnx: (settings, state) => family.onnx(own(settings), state),
  };
}

/** Starts an engine of a network that sees slices. @throws RuntimeError */
export function openNetwork(
  network: PreparedSliceNetwork,
  setup: EngineSetup,
): Promise<MaskEngine> {
  switch (network.family) {
    case "slicq1":
      return slicq1.open(network, setup);
    case "xumx-slicq-v2":
      return cdae.open(network, setup);
    case "coupled":
      return coupled.open(network, setup);
  }
}

/** A network frame by frame, for live use; undefined where its family has none. */
export function openFrames(
  network: PreparedSliceNetwork,
  setup: FrameEngineSetup,
): FrameEngine | undefined {
  switch (network.family) {
    case "slicq1":
      return slicq1.openFrames?.(network, setup);
    case "xumx-slicq-v2":
      return cdae.openFrames?.(network, setup);
    case "coupled":
      return coupled.openFrames?.(network, setup);
  }
}

/** Starts the parts of a network that sees whole songs. @throws RuntimeError */
export function openSongNetwork(
  network: PreparedSongNetwork,
  setup: SongEngineSetup,
): Promise<SongNetwork> {
  switch (network.family) {
    case "umx":
      return umx.openSong(network, setup);
    case "xumx":
      return xumx.openSong(network, setup);
  }
}

const names = Object.values(families).map(({ name }) => name);

/** Settings from the metadata of a file of ours. @throws WeightsError "weights-mismatch" naming the field at fault. */
export function readSettings(metadata: Fields): NetworkSettings {
  return familyOf(metadata.oneOf("family", names)).readSettings(metadata);
}

/**
 * Settings from the json beside weights of an original program, and what it says about the training.
 *
 * @throws WeightsError "weights-mismatch" naming the field at fault
 */
export function readOriginal(json: Fields): ReturnType<AnyFamily["readOriginal"]> {
  const family = Object.values(known).find((one) => one.recognises(json));
  if (family) return family.readOriginal(json);
  throw unsupported(`The model's json is of no known kind (${names.join(", ")}).`);
}
