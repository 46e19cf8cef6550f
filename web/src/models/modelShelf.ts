/** The models a user can choose from: those in the box, and weights of the user's own. */
import type { ReadonlySignal } from "@preact/signals";

/** Whether a model's weights are on this machine. */
export type ModelPresence =
  | { readonly kind: "away" }
  | { readonly kind: "coming"; readonly fraction: number }
  | { readonly kind: "here" };

/** One model on the shelf. */
export interface ShelfModel {
  readonly id: string;
  /** For people. */
  readonly title: string;
  readonly bytes: number;
  /** The terms of the weights, for people. */
  readonly terms: string;
  /** Stems it makes. */
  readonly targets: readonly string[];
  /** Whether the user brought it. */
  readonly own: boolean;
  /** Whether it separates live sound, and with which delay in seconds. */
  readonly liveDelay?: number;
  readonly presence: ReadonlySignal<ModelPresence>;
}

/** The shelf. The choice is kept for the next visit. */
export interface ModelShelf {
  readonly models: ReadonlySignal<readonly ShelfModel[]>;
  readonly chosen: ReadonlySignal<ShelfModel>;
  choose(model: ShelfModel): void;
  /** Weights of the user's own: a .safetensors file, or a .pth with its .json; kept on this machine. */
  addOwn(files: readonly File[]): Promise<ShelfModel>;
  /** Forgets the weights: fetched ones are fetched again when needed, own ones are gone. */
  forget(model: ShelfModel): Promise<void>;
}
