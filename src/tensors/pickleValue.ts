/** The plain data that unpickling may yield, and the names it may look up. */

/** What unpickling yields; `T` is what the vocabulary makes. Containers may share and contain each other. */
export type PickleValue<T> =
  | null
  | boolean
  | number
  | bigint
  | string
  | PickleSequence<T>
  | PickleDict<T>
  | PickleName
  | PickleObject<T>;

export interface PickleSequence<T> {
  readonly kind: "list" | "tuple";
  readonly items: PickleValue<T>[];
}

/** A dict or OrderedDict. A `Map`, so that no key (`__proto__`) means anything to JavaScript. */
export interface PickleDict<T> {
  readonly kind: "dict";
  readonly entries: Map<PickleValue<T>, PickleValue<T>>;
}

/** A Python function or class, by its full name; never anything executable. */
export interface PickleName {
  readonly kind: "name";
  readonly name: string;
}

export interface PickleObject<T> {
  readonly kind: "object";
  readonly value: T;
}

/** The only names a pickle may use, and what they do. */
export interface Vocabulary<T> {
  /** True for the full names (`module.name`) that may appear. */
  knows(name: string): boolean;
  /** What calling a known name gives; throws if it cannot be called so. */
  call(name: string, args: readonly PickleValue<T>[]): PickleValue<T>;
  /** The object that a persistent id stands for. */
  persistent(id: PickleValue<T>): PickleValue<T>;
}

/** True for everything but `null`, booleans, numbers and strings. */
export function isContainer<T>(
  value: PickleValue<T>,
): value is PickleSequence<T> | PickleDict<T> | PickleName | PickleObject<T> {
  return typeof value === "object" && value !== null;
}
