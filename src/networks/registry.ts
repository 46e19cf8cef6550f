/** The families of networks there are. */
import { cdae } from "./cdae/family.ts";
import { coupled } from "./coupled/family.ts";
import type { Fields } from "./fields.ts";
import { unsupported } from "./fields.ts";
import type { NetworkFamily } from "./network.ts";

/** All families: a new one is a line here. */
const families = {
  "xumx-slicq-v2": cdae,
  coupled,
};

/** Name of a family. */
export type FamilyName = keyof typeof families;

/** Settings of a network of any family, told apart by `family`. */
export type NetworkSettings = ReturnType<(typeof families)[FamilyName]["readSettings"]>;

/** A network of any family made ready to run, told apart by `family`. */
export type AnyPreparedNetwork = ReturnType<(typeof families)[FamilyName]["prepare"]>;

/** A family that takes what is of any family, and throws where it is not its own. */
export type AnyFamily = NetworkFamily<NetworkSettings, AnyPreparedNetwork>;

const known: Readonly<Record<FamilyName, AnyFamily>> = {
  "xumx-slicq-v2": general(families["xumx-slicq-v2"]),
  coupled: general(families.coupled),
};

/** The family of a name. */
export function familyOf(name: FamilyName): AnyFamily {
  return known[name];
}

/** A family as one that takes what is of any. */
function general<S extends NetworkSettings, P extends AnyPreparedNetwork>(
  family: NetworkFamily<S, P>,
): AnyFamily {
  const isOwn = <T extends { readonly family: string }>(given: {
    readonly family: string;
  }): given is T => given.family === family.name;
  const own = (settings: NetworkSettings): S => {
    if (isOwn<S>(settings)) return settings;
    throw unsupported(`A network of the family "${settings.family}" is none of "${family.name}".`);
  };
  const ownNetwork = (prepared: AnyPreparedNetwork): P => {
    if (isOwn<P>(prepared)) return prepared;
    throw unsupported(`A network of the family "${prepared.family}" is none of "${family.name}".`);
  };
  const { openFrames } = family;
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
    open: (prepared, setup) => family.open(ownNetwork(prepared), setup),
    ...(openFrames && {
      openFrames: (prepared, setup) => openFrames(ownNetwork(prepared), setup),
    }),
    onnx: (settings, state) => family.onnx(own(settings), state),
  };
}

const names = Object.values(known).map(({ name }) => name);

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
