/** What the page's program, program.js, offers to the tests. */

/** Options as they can be sent to the page. */
export interface PageOptions {
  readonly model?: string;
  readonly device?: "cpu" | "webgpu";
  readonly threads?: number;
  readonly assets?: string | { readonly worker: string; readonly wasm: string };
}

export interface Failure {
  readonly ours: boolean;
  readonly name: string;
  readonly code?: string;
  readonly message: string;
  readonly hint?: string;
}

/** What a live node gave, and says of itself. */
export interface LiveReport {
  readonly latency: number;
  readonly latencySeconds: number;
  readonly modelLatency: number;
  readonly buffering: number;
  readonly link: string;
  readonly status: {
    readonly samples: number;
    readonly lost: number;
    readonly underruns: number;
    readonly silent: number;
  };
  /** Channels of the mix, then of the stems, each packed. */
  readonly rows: readonly string[];
}

/** What the page's program does. */
interface Use {
  separate(
    options: PageOptions,
    sampleRate: number,
    frames?: number,
  ): Promise<{
    readonly modelName: string;
    readonly runtime: string;
    readonly device: string;
    readonly ticks: number;
    readonly progress: readonly number[];
    readonly seconds: number;
    readonly closed: Failure;
    readonly isolated: boolean;
    readonly bass: readonly (readonly number[])[];
  }>;
  abort(options: PageOptions): Promise<{
    readonly aborted: Failure;
    readonly seconds: number;
    readonly length: readonly number[];
  }>;
  live(
    options: PageOptions,
    sampleRate: number,
  ): Promise<{
    readonly latency: number;
    readonly latencySeconds: number;
    readonly status: { readonly samples: number; readonly hops: number; readonly overruns: number };
    readonly overrun: Failure;
    readonly closed: Failure;
    readonly bass: readonly (readonly number[])[];
  }>;
  nodes(
    options: PageOptions,
    sampleRate: number,
  ): Promise<{ readonly nodes: readonly LiveReport[]; readonly closed: Failure }>;
  failure(options: PageOptions): Promise<Failure | undefined>;
  refusal(options: PageOptions): Promise<Failure>;
}

declare global {
  var use: Use;
}

/** Hz of what the page separates. */
export const RATE = 48000;

/** The sound that the page separates: a chord with a beat. @param side 0 or 1 */
export function tone(side: number, frames: number): Float32Array {
  return Float32Array.from({ length: frames }, (_, i) => {
    const t = i / RATE;
    return 0.2 * Math.sin(2 * Math.PI * (220 + 3 * side) * t) * (1 + Math.sin(9 * t + side));
  });
}

/** Samples that the page has packed. */
export function unpacked(text: string): Float32Array {
  const bytes = new Uint8Array(Buffer.from(text, "base64"));
  return new Float32Array(bytes.buffer);
}
