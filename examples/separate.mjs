/** The library in a few lines: arrays in, arrays out. The music is a low tone; the model hears a bass. */
import { openSeparator, targets } from "xumx-slicq";

// Left and right at 44.1 kHz, any length.
const left = Float32Array.from({ length: 4 * 44100 }, (_, i) => {
  return 0.3 * Math.sin((2 * Math.PI * 55 * i) / 44100);
});
const right = left.slice();

const separator = await openSeparator();
const stems = await separator.separate([left, right]);
await separator.close();

const energy = (channel) => channel.reduce((sum, x) => sum + x * x, 0);
for (const target of targets) {
  const share = energy(stems[target][0]) / energy(left);
  console.log(`${target.padEnd(6)} ${(100 * share).toFixed(1).padStart(5)} % of the energy`);
}
