/** The families of networks there are. */
import { cdae } from "./cdae/family.ts";
import type { Fields } from "./fields.ts";
import { unsupported } from "./fields.ts";
import type { NetworkFamily } from "./network.ts";

/** All families: a new one is a line here. */
const families = {
  "xumx-slicq-v2": cdae,
};

/** Name of a family. */
export type FamilyName = keyof typeof families;

type SettingsOf = {
  readonly [F in FamilyName]: ReturnType<(typeof families)[F]["readSettings"]>;
};
type PreparedOf = { readonly [F in FamilyName]: ReturnType<(typeof families)[F]["prepare"]> };
type FamilyOf = {
  readonly [F in FamilyName]: NetworkFamily<SettingsOf[F], PreparedOf[F]>;
};

/** Settings of a network of any family, told apart by `family`. */
export type NetworkSettings = SettingsOf[FamilyName];

/** A network of any family made ready to run, told apart by `family`. */
export type AnyPreparedNetwork = PreparedOf[FamilyName];

/** The family of a name. */
export function familyOf<F extends FamilyName>(name: F): FamilyOf[F] {
  const known: FamilyOf = families;
  return known[name];
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
export function readOriginal(json: Fields): ReturnType<FamilyOf[FamilyName]["readOriginal"]> {
  const family = Object.values(families).find((one) => one.recognises(json));
  if (family) return family.readOriginal(json);
  throw unsupported(`The model's json is of no known kind (${names.join(", ")}).`);
}
