/** Lines with round ends and soft edges, pixel by pixel. */
import type { Point } from "./strokeFont.ts";

/**
 * Visits the pixels that a line may touch, row by row, with the share of each that it covers.
 * @param radius half of the line's width.
 * @param visit x and y are those of the pixel, whose centre has these very coordinates; coverage is 0 to 1.
 */
export function strokePixels(
  [x0, y0]: Point,
  [x1, y1]: Point,
  radius: number,
  visit: (x: number, y: number, coverage: number) => void,
): void {
  const [dx, dy] = [x1 - x0, y1 - y0];
  const square = dx * dx + dy * dy;
  const reach = radius + 1;
  for (let y = Math.floor(Math.min(y0, y1) - reach); y <= Math.max(y0, y1) + reach; y++) {
    for (let x = Math.floor(Math.min(x0, x1) - reach); x <= Math.max(x0, x1) + reach; x++) {
      const along = square === 0 ? 0 : ((x - x0) * dx + (y - y0) * dy) / square;
      const t = Math.max(0, Math.min(1, along));
      const distance = Math.sqrt((x - x0 - t * dx) ** 2 + (y - y0 - t * dy) ** 2);
      visit(x, y, Math.max(0, Math.min(1, radius + 0.5 - distance)));
    }
  }
}
