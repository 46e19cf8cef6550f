/** The sliced constant-Q transform by itself: there, a filter of bands, and back. */
import { forward, inverse, planSliCQT } from "xumx-slicq/slicqt";

// Three tones of a chord with a click in the middle.
const samples = 44100;
const chord = Float32Array.from({ length: samples }, (_, i) => {
  const tones = [220, 277.2, 1760].map((hertz) => Math.sin((2 * Math.PI * hertz * i) / 44100));
  return 0.2 * tones.reduce((a, b) => a + b) + (i === samples / 2 ? 0.5 : 0);
});

const plan = planSliCQT({ scale: "bark", bins: 96, fmin: 32.9 });
const coefficients = forward(plan, [chord]);
const [again] = inverse(plan, coefficients, samples);

const energy = (signal) => signal.reduce((sum, x) => sum + x * x, 0);
const error = energy(chord.map((x, i) => x - again[i]));
console.log(`there and back: ${(10 * Math.log10(energy(chord) / error)).toFixed(0)} dB`);

// Everything above 500 Hz is silenced, block by block: [channel, bin, slice, coefficient, re and im].
const filtered = coefficients.blocks.map((values, b) => {
  const { first, bins } = plan.blocks[b];
  const size = values.length / bins;
  return values.map((value, i) =>
    plan.frequencies[first + Math.floor(i / size)] < 500 ? value : 0,
  );
});
const [low] = inverse(plan, { ...coefficients, blocks: filtered }, samples);
console.log(`below 500 Hz: ${((100 * energy(low)) / energy(chord)).toFixed(0)} % of the energy`);
