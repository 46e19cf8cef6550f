/** Written by the build: the package's models. */
declare module "virtual:bundled-models" {
  export interface BundledModel {
    readonly id: string;
    readonly bytes: number;
    /** SHA-256 of the weights, hexadecimal. */
    readonly sha256: string;
    /** Address, relative to the page. */
    readonly address: string;
    readonly licence: string | undefined;
    readonly targets: readonly string[];
    /** Whether it is the one that is chosen at first. */
    readonly isDefault: boolean;
    /** Seconds, if it separates live sound. */
    readonly liveDelay?: number;
  }
  export const bundledModels: readonly BundledModel[];
}
