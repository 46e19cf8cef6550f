/** Matrix products over rows by ONNX Runtime: nearly all the arithmetic of a recurrent network's training. */
import { GraphBuilder, writeOnnx } from "../../graph/index.ts";
import type { FloatTensor, Runtime, Session } from "../../runtime/index.ts";

type Kind = "forward" | "byInput" | "byWeight";

/** The products of a layer x·Wᵀ, and of the way back through it. */
export class Products implements AsyncDisposable {
  readonly #sessions: Readonly<Record<Kind, Session>>;

  private constructor(sessions: Readonly<Record<Kind, Session>>) {
    this.#sessions = sessions;
  }

  /** @throws RuntimeError */
  static async open(runtime: Runtime, threads: number): Promise<Products> {
    const open = (kind: Kind) =>
      runtime.createSession(writeOnnx(productGraph(kind)), { threads, memory: "kept" });
    return new Products({
      forward: await open("forward"),
      byInput: await open("byInput"),
      byWeight: await open("byWeight"),
    });
  }

  /** x [rows, inputs]·Wᵀ, of W [outputs, inputs] → [rows, outputs]. */
  forward(x: FloatTensor, weight: FloatTensor, into?: Float32Array): Promise<Float32Array> {
    return this.#run("forward", x, weight, [x.dims[0], weight.dims[0]], into);
  }

  /** The gradient by x: dy [rows, outputs]·W. */
  byInput(dy: FloatTensor, weight: FloatTensor, into?: Float32Array): Promise<Float32Array> {
    return this.#run("byInput", dy, weight, [dy.dims[0], weight.dims[1]], into);
  }

  /** The gradient by W: dyᵀ·x. */
  byWeight(dy: FloatTensor, x: FloatTensor, into?: Float32Array): Promise<Float32Array> {
    return this.#run("byWeight", dy, x, [dy.dims[1], x.dims[1]], into);
  }

  async #run(
    kind: Kind,
    a: FloatTensor,
    b: FloatTensor,
    dims: readonly number[],
    into: Float32Array | undefined,
  ): Promise<Float32Array> {
    const results = await this.#sessions[kind].run({ a, b }, into && { c: { dims, data: into } });
    return results.c.data;
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.#sessions).map((session) => session.close()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function productGraph(kind: Kind) {
  const b = new GraphBuilder(kind);
  const shapes = {
    forward: [
      ["rows", "inputs"],
      ["outputs", "inputs"],
    ],
    byInput: [
      ["rows", "outputs"],
      ["outputs", "inputs"],
    ],
    byWeight: [
      ["rows", "outputs"],
      ["rows", "inputs"],
    ],
  } as const;
  const [left, right] = shapes[kind];
  const operands = [b.input("a", left), b.input("b", right)] as const;
  const transposed = { transposeA: kind === "byWeight", transposeB: kind === "forward" };
  b.output("c", b.matMul(...operands, transposed));
  return b.build();
}

/** Rows of so many numbers. */
export function rowsOf(data: Float32Array, width: number): FloatTensor {
  return { dims: [data.length / width, width], data };
}
