/** The loss of the masks' sum. */
import type { MaskLoss } from "./loss.ts";
import { total } from "./total.ts";

/** The mean of (Σ masks − 1)². */
export function maskSum(weight: number): MaskLoss {
  return {
    needs: "masks",
    name: "maskSum",
    weight,
    build(b, masks) {
      const [, ...axes] = masks.shape.map(Number);
      const positions = axes.reduce((a, c) => a * c);
      const excess = b.sub(b.reduceSum(masks, [0]), b.constant(1));
      return b.mul(total(b, b.square(excess)), b.constant(1 / positions));
    },
  };
}
