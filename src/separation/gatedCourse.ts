/** A course whose stems go through the gate. */
import { ArgumentError } from "../errors.ts";
import { GATE_RATE, gatedStems } from "../gate/index.ts";
import { targets } from "../networks/index.ts";
import type { AnyPhase } from "../phase/index.ts";
import type { StemSamples } from "./conductor.ts";
import type { ConductOptions, Course } from "./course.ts";
import type { CrewMembers, EngineWork } from "./crew.ts";
import type { PreparedModel } from "./preparedModel.ts";
import type { StereoBlock } from "./sampleQueue.ts";

export class GatedCourse implements Course {
  readonly gated = true;
  readonly #course: Course;
  /** Where the gate's stems are among the course's. */
  readonly #order: readonly number[];

  /** @throws {ArgumentError} for other stems than the gate knows, or another rate */
  constructor(course: Course, { name, sampleRate }: PreparedModel) {
    this.#course = course;
    this.#order = targets.map((target) => course.stems.indexOf(target));
    if (this.#order.includes(-1) || sampleRate !== GATE_RATE) {
      throw new ArgumentError(
        `The gate knows ${targets.join(", ")} at ${GATE_RATE} Hz; the model ${name} gives ${course.stems.join(", ")} at ${sampleRate} Hz.`,
        "Leave it out for this model.",
      );
    }
  }

  get stems(): readonly string[] {
    return this.#course.stems;
  }

  get phase(): AnyPhase {
    return this.#course.phase;
  }

  get hop(): number {
    return this.#course.hop;
  }

  get early(): number {
    return this.#course.early;
  }

  work(model: PreparedModel): EngineWork {
    return this.#course.work(model);
  }

  conduct(
    crew: CrewMembers,
    source: AsyncIterable<StereoBlock>,
    options: ConductOptions,
  ): AsyncGenerator<StemSamples> {
    return gatedStems(this.#course.conduct(crew, source, options), this.#order);
  }
}
