/** The parts that compute in a training step of recurrent networks. */
import type { BatchNorms } from "./batchNorm.ts";
import type { LstmKernels } from "./lstmKernels.ts";
import type { Products } from "./products.ts";

export interface Machines {
  readonly products: Products;
  readonly recurrences: LstmKernels;
  readonly norms: BatchNorms;
}
