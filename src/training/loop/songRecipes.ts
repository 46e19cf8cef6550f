/** The recipes of networks that see whole songs. */
import { originalSizes } from "../umx/sizes.ts";
import { originalRecipe, type Recipe } from "./recipe.ts";

/** The recipe of Open-Unmix: every target is a network of its own. */
export const umxRecipe: Recipe = {
  ...originalRecipe,
  family: "umx",
  recurrent: originalSizes.umx,
  excerpt: 6,
  batch: 16,
  patience: 140,
  validation: { piece: 80, middle: false, batch: 1 },
};

/** The recipe of X-UMX, as asteroid has it. */
export const xumxRecipe: Recipe = {
  ...umxRecipe,
  family: "xumx",
  recurrent: originalSizes.xumx,
  batch: 14,
  patience: 1000,
};
