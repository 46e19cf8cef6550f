/**
 * HAAQI as a loss of waveforms, for fine-tuning: the mean of 1 − HAAQI over a few stem-channels, drawn anew for every
 * batch with who listens. All of them would cost more than the rest of the step.
 */
import { aidedGradient } from "../../metrics/haaqi/gradient/aidedGradient.ts";
import { type Audiogram, namedAudiogram } from "../../metrics/index.ts";
import { SAMPLE_RATE } from "../../transforms/slicqt/index.ts";
import { Random } from "../data/random.ts";
import type { HaaqiTraining } from "../settings.ts";
import type { WaveformLoss } from "./loss.ts";

/** True stems of a lower root mean square (−80 dB FS) are never drawn: there is nothing to be heard. */
const LEAST_RMS = 1e-4;

/** The loss with its weight. */
export function haaqiOfWaveforms(settings: HaaqiTraining): WaveformLoss {
  return {
    needs: "waveforms",
    name: "haaqi",
    weight: settings.weight,
    compute: (estimates, references, draw) => haaqiLoss(settings, estimates, references, draw),
  };
}

/**
 * Value, and gradient by every estimate: 0 for channels that were not drawn. Where all true stems are silent both are 0.
 *
 * @param estimates waveforms of equal length, in any order
 * @param references the true ones in the same order
 * @param draw decides the channels and the audiograms
 * @throws ArgumentError for waveforms under half a second
 */
export function haaqiLoss(
  { audiograms, channels, level }: Omit<HaaqiTraining, "weight">,
  estimates: readonly Float32Array[],
  references: readonly Float32Array[],
  draw: number,
): ReturnType<WaveformLoss["compute"]> {
  const random = Random.of(draw);
  const audible = references.flatMap((samples, c) => (isAudible(samples) ? [c] : []));
  const count = Math.min(channels, audible.length);
  const gradient = estimates.map((samples) => new Float32Array(samples.length));
  let loss = 0;
  for (let i = 0; i < count; i++) {
    const [channel] = audible.splice(random.integer(audible.length), 1);
    const audiogram = drawAudiogram(random, audiograms);
    const one = aidedGradient(estimates[channel], references[channel], {
      audiogram,
      level,
      sampleRate: SAMPLE_RATE,
    });
    // Nothing of it was heard. (An estimate that is no number shows in the other losses.)
    if (!Number.isFinite(one.haaqi)) continue;
    loss += (1 - one.haaqi) / count;
    const out = gradient[channel];
    for (let n = 0; n < out.length; n++) out[n] = -one.gradient[n] / count;
  }
  return { loss, gradient };
}

function isAudible(samples: Float32Array): boolean {
  let sum = 0;
  for (let i = 0; i < samples.length; i++) sum += samples[i] * samples[i];
  return sum > LEAST_RMS ** 2 * samples.length;
}

function drawAudiogram(random: Random, audiograms: HaaqiTraining["audiograms"]): Audiogram {
  if (audiograms !== "random") return audiograms[random.integer(audiograms.length)];
  const { frequencies, levels } = namedAudiogram("moderate-severe");
  const share = random.uniform();
  return { frequencies, levels: levels.map((level) => share * level) };
}
