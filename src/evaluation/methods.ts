/** Where estimates come from: a model, a folder, an oracle. */
import {
  type Dataset,
  openDataset,
  type Song,
  type SongStems,
  type Stereo,
} from "../datasets/index.ts";
import { ArgumentError, AudioError, ClosedError, DataError, throwIfAborted } from "../errors.ts";
import { loadModel } from "../models/index.ts";
import { perTargetInTurn, targets } from "../networks/index.ts";
import type { AnyPhase } from "../phase/index.ts";
import { inThisThread, Separator } from "../separation/index.ts";
import { SAMPLE_RATE } from "../transforms/slicqt/index.ts";
import { makeOracle, type OracleName } from "./oracles/oracle.ts";

/** A method in words that can be sent to another thread. */
export type MethodSpec =
  | {
      readonly kind: "model";
      readonly model: string;
      readonly threads: number;
      /** By default the model's own; another one becomes part of the method's name. */
      readonly phase?: AnyPhase;
      /** Default 1; more become part of the method's name. */
      readonly shifts?: number;
      /** By default as the model has it; asked for, it becomes part of the method's name. */
      readonly gate?: boolean;
    }
  | { readonly kind: "estimates"; readonly path: string }
  | { readonly kind: "oracle"; readonly oracle: OracleName; readonly transform: string };

/** What a method is given. */
export interface Task {
  readonly song: Song;
  readonly mixture: Stereo;
  /** The truth: for oracles. */
  readonly stems: SongStems;
  readonly signal?: AbortSignal;
}

/** Something that separates, ready to be scored. */
export interface Method extends AsyncDisposable {
  /** Names the folder of its scores. */
  readonly name: string;
  estimate(task: Task): Promise<SongStems>;
}

/**
 * Prepares a method. A model's weights are loaded at once, its engines start with the first song.
 * @throws WeightsError, AudioError, DataError or ArgumentError, as the model, the folder or the transform is at fault.
 * What it gives throws a ClosedError after its end.
 */
export async function openMethod(spec: MethodSpec): Promise<Method> {
  const method = await methodOf(spec);
  let ending: PromiseLike<void> | undefined;
  return {
    name: method.name,
    async estimate(task) {
      throwIfAborted(task.signal);
      if (ending) throw new ClosedError(`The method ${method.name} was closed.`);
      return method.estimate(task);
    },
    async [Symbol.asyncDispose]() {
      ending ??= method[Symbol.asyncDispose]();
      await ending;
    },
  };
}

async function methodOf(spec: MethodSpec): Promise<Method> {
  switch (spec.kind) {
    case "model":
      return modelMethod(spec);
    case "estimates":
      return folderMethod(await openDataset(spec.path));
    case "oracle": {
      const oracle = makeOracle(spec.oracle, spec.transform);
      return {
        name: oracle.name,
        estimate: ({ mixture, stems, song, signal }) =>
          oracle.estimate(mixture, stems, song.sampleRate, signal),
        async [Symbol.asyncDispose]() {},
      };
    }
  }
}

async function modelMethod(spec: MethodSpec & { readonly kind: "model" }): Promise<Method> {
  const { threads, phase, shifts = 1, gate } = spec;
  const model = await loadModel(spec.model);
  const missing = targets.filter((target) => !model.config.targets.includes(target));
  if (missing.length > 0) {
    throw new ArgumentError(
      `The model ${model.config.name} gives no ${missing.join(", ")}: it cannot be scored.`,
      `Scored are models of ${targets.join(", ")}.`,
    );
  }
  let opening: Promise<Separator> | undefined;
  return {
    name: [
      model.config.name,
      ...(phase ? [phaseName(phase)] : []),
      ...(shifts > 1 ? [`shifts=${shifts}`] : []),
      ...(gate === undefined ? [] : [gate ? "gate" : "no-gate"]),
    ].join("@"),
    async estimate({ song, mixture, signal }) {
      if (song.sampleRate !== SAMPLE_RATE) {
        throw new DataError(
          `${song.name} has ${song.sampleRate} Hz; models separate ${SAMPLE_RATE} Hz.`,
          "Resample the data set first, so that its references are at that rate too.",
        );
      }
      opening ??= Separator.create(
        model,
        { threads, shifts, ...(phase && { phase }), ...(gate !== undefined && { gate }) },
        inThisThread,
      );
      return (await opening).separate(mixture, { ...(signal && { signal }) });
    },
    async [Symbol.asyncDispose]() {
      // What failed to open has said so.
      await (await opening?.catch(() => undefined))?.close();
    },
  };
}

/** The settings of a phase step as part of a folder's name. */
function phaseName(phase: AnyPhase): string {
  if (phase.method === "mix") return phase.normalised ? "mix-normalised" : "mix";
  if (phase.method === "frame-em") {
    const { iterations, window, softmask, residual } = phase;
    const extras = [softmask && "softmask", residual && `residual-${residual}`].filter(Boolean);
    return ["frame-em", iterations, window, ...extras].join("-");
  }
  const { window, regularisation } = phase;
  const length = typeof window === "number" ? window : `${window.slices}slices`;
  const amount = regularisation.kind === "relative" ? `-${regularisation.amount}` : "";
  return `wiener-em-${length}${amount}`;
}

function folderMethod(dataset: Dataset): Method {
  return {
    name: dataset.path.split(/[/\\]/).at(-1) ?? dataset.path,
    async estimate({ song, signal }) {
      const found = dataset.songs.find(({ name }) => name === song.name);
      if (!found) {
        const problem = dataset.problems.find(({ name }) => name === song.name);
        throw (
          problem?.error ??
          new AudioError(
            "not-found",
            `${dataset.path} has no estimates of ${song.name}.`,
            `Expected is a folder of that name with ${targets.join(", ")} as .wav.`,
          )
        );
      }
      const missing = targets.filter((target) => !found.present.has(target));
      if (missing.length > 0) {
        throw new AudioError(
          "not-found",
          `${dataset.path} has no ${missing.join(", ")} of ${song.name}.`,
          "Every stem needs an estimate; silence is one.",
        );
      }
      if (found.sampleRate !== song.sampleRate) {
        throw new DataError(
          `The estimates of ${song.name} have ${found.sampleRate} Hz, the references ${song.sampleRate} Hz.`,
          "Bring them to one rate.",
        );
      }
      return perTargetInTurn((target) => found.read(target, signal));
    },
    async [Symbol.asyncDispose]() {},
  };
}
