import { describe, expect, it } from "vitest";
import { floatData, type StateDict } from "../tensors/index.ts";
import { agreement } from "../testing/golden.ts";
import { noise } from "../testing/noise.ts";
import { CUES } from "./cues.ts";
import { dilations, GateNetwork, NETWORK_REACH } from "./gateNetwork.ts";
import { gateState } from "./gateState.ts";
import { randomGate } from "./testing/randomGate.ts";

/** The network on all frames at once, as docs/mathematics.md, 9.2 writes it. */
function plain(state: StateDict, cues: readonly Float32Array[]): number[][] {
  const tensors = new Map([...state.keys()].map((name) => [name, floatData(state, name)]));
  const of = (name: string) => tensors.get(name) ?? new Float32Array();
  const dense = (name: string, x: readonly number[]) =>
    [...of(`${name}.bias`)].map((bias, i) =>
      x.reduce((sum, value, j) => sum + of(`${name}.weight`)[i * x.length + j] * value, bias),
    );
  const normalised = (x: readonly number[]) => {
    const square = x.reduce((sum, value) => sum + value ** 2, 0) / x.length;
    return x.map((value) => value / Math.sqrt(square + 1e-3));
  };
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
  let frames = cues.map((x) => dense("in", [...x]).map((value) => Math.max(0, value)));
  for (const [layer, dilation] of dilations.entries()) {
    const [weight, bias] = [of(`layers.${layer}.weight`), of(`layers.${layer}.bias`)];
    const before = frames.map(normalised);
    frames = frames.map((own, t) =>
      own.map((value, i) => {
        let sum = bias[i];
        for (let j = 0; j < own.length; j++) {
          for (let tap = 0; tap < 3; tap++) {
            const x = before[t + (tap - 1) * dilation]?.[j] ?? 0;
            sum += weight[(i * own.length + j) * 3 + tap] * x;
          }
        }
        return value + Math.max(0, sum);
      }),
    );
  }
  return frames.map((frame) => {
    const x = normalised(frame);
    const [keep, share] = [dense("keep", x).map(sigmoid), dense("share", x).map(sigmoid)];
    const routing = new Array<number>(16).fill(0);
    for (let from = 0; from < 4; from++) {
      const others = [0, 1, 2, 3].filter((stem) => stem !== from);
      const sum = others.reduce((all, _, i) => all + share[3 * from + i], 0);
      routing[5 * from] = keep[from];
      for (const [i, to] of others.entries()) {
        routing[4 * to + from] = ((1 - keep[from]) * share[3 * from + i]) / sum;
      }
    }
    return routing;
  });
}

function streamed(state: StateDict, cues: readonly Float32Array[]): Float32Array[] {
  const network = new GateNetwork(state);
  return [...cues.flatMap((frame) => network.push(frame)), ...network.end()];
}

const cues = Array.from({ length: 200 }, (_, t) => noise(CUES, t + 1));

describe("the gate's network", () => {
  it.each([
    ["random weights", randomGate()],
    ["the program's", gateState()],
  ] as const)("gives frame by frame what it gives of all at once (%s)", (name, state) => {
    const some = cues.slice(0, 80);
    const expected = plain(state, some).flat();
    const found = streamed(state, some).flatMap((routing) => [...routing]);
    expect(found).toHaveLength(expected.length);
    const decibels = agreement(expected, found);
    console.log(`${name}: ${decibels.toFixed(1)} dB`);
    expect(decibels).toBeGreaterThan(100);
  });

  it("answers for every frame, of few as of many, once all that an answer depends on is there", () => {
    for (const count of [1, 2, 63, 64]) {
      expect(streamed(randomGate(), cues.slice(0, count))).toHaveLength(count);
    }
    const network = new GateNetwork(randomGate());
    const first = cues.findIndex((frame) => network.push(frame).length > 0);
    expect(first).toBe(NETWORK_REACH);
  });

  it("gives all of every stem to one or another", () => {
    for (const routing of streamed(randomGate(), cues)) {
      for (let from = 0; from < 4; from++) {
        const sum = [0, 1, 2, 3].reduce((all, to) => all + routing[4 * to + from], 0);
        expect(sum).toBeCloseTo(1, 6);
      }
    }
  });

  it("refuses other tensors, naming one", () => {
    const state = new Map(randomGate());
    state.delete("layers.3.weight");
    expect(() => new GateNetwork(state)).toThrow('"layers.3.weight"');
    expect(() => new GateNetwork(new Map())).toThrow('"in.weight"');
    expect(() => new GateNetwork(randomGate(6))).toThrow("6 channels");
  });
});
