/** Music by a formula: the stems that the reference numbers of training and of the Cadenza pipeline were made with. */
import { formulaUniform } from "./formulaWeights.ts";

/**
 * One channel of a stem at 44.1 kHz.
 * @param item 0 or 1; @param stem 0 to 3: bass, vocals, other, drums; @param channel 0 (left) or 1.
 */
export function formulaStem(
  item: number,
  stem: number,
  channel: number,
  samples: number,
): Float64Array {
  const uniform = formulaUniform(`train.${item}.${stem}.${channel}`);
  const f0 = [55, 220, 330, 110][stem] * (1 + 0.26 * item);
  const pan = channel === 0 ? Math.cos(0.3 + 0.3 * stem) : Math.sin(0.3 + 0.3 * stem);
  return Float64Array.from({ length: samples }, (_, i) => {
    const t = i / 44100;
    let tonal = 0;
    for (let h = 1; h <= 6; h++) tonal += Math.sin(2 * Math.PI * f0 * h * t + 0.5 * h * stem) / h;
    const env = 0.5 + 0.5 * Math.cos(2 * Math.PI * (0.7 + 0.4 * stem) * t + item);
    const noise = (2 * uniform(i) - 1) * (stem === 3 ? 1 : 0.15);
    return 0.12 * env * (tonal * (stem === 3 ? 0.2 : 1) * pan + noise);
  });
}
