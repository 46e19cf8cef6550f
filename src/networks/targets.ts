/** The stems of music, in the one order that tensors, masks and arrays of stems have everywhere. */

/** The four stems, in the order of tensors, masks and outputs everywhere. */
export const targets = ["bass", "vocals", "other", "drums"] as const;

/** Name of a stem. */
export type Target = (typeof targets)[number];

/** A record with a value for every stem, made in their order. */
export function perTarget<T>(
  value: (target: Target, index: number) => T,
): Readonly<Record<Target, T>> {
  const [bass, vocals, other, drums] = targets.map(value);
  return { bass, vocals, other, drums };
}

/** As {@link perTarget}, where values take their time: each is made when the one before is there. */
export async function perTargetInTurn<T>(
  value: (target: Target) => Promise<T>,
): Promise<Readonly<Record<Target, T>>> {
  const made: T[] = [];
  for (const target of targets) made.push(await value(target));
  return perTarget((_, index) => made[index]);
}
