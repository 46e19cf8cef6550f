import fc from "fast-check";
import { expect, it } from "vitest";
import { ArgumentError } from "../../errors.ts";
import { Random } from "./random.ts";

it("goes on exactly from a saved state", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(), { maxLength: 4 }), fc.nat(50), (key, before) => {
      const random = Random.of(...key);
      for (let i = 0; i < before; i++) random.bits();
      const again = new Random(JSON.parse(JSON.stringify(random.state)));
      for (let i = 0; i < 20; i++) expect(again.bits()).toBe(random.bits());
    }),
  );
});

it("is xoshiro128**: the first numbers of state 1, 2, 3, 4", () => {
  // By hand: rotl(2·5, 7)·9 = 11520; then b = 2^3^1 = 0, so 0; then the recurrence with big integers.
  const random = new Random([1, 2, 3, 4]);
  const plain = plainXoshiro([1n, 2n, 3n, 4n]);
  expect(random.bits()).toBe(11520);
  expect(plain()).toBe(11520);
  for (let i = 0; i < 1000; i++) expect(random.bits()).toBe(plain());
});

function plainXoshiro(state: [bigint, bigint, bigint, bigint]): () => number {
  const cut = (x: bigint) => BigInt.asUintN(32, x);
  const rotate = (x: bigint, k: bigint) => cut((x << k) | (x >> (32n - k)));
  return () => {
    const result = cut(rotate(cut(state[1] * 5n), 7n) * 9n);
    const shifted = cut(state[1] << 9n);
    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= shifted;
    state[3] = rotate(state[3], 11n);
    return Number(result);
  };
}

it("gives other numbers for other keys, in any place of the key", () => {
  const first = new Set<number>();
  for (let seed = 0; seed < 8; seed++) {
    for (let step = 0; step < 40; step++) {
      for (let item = 0; item < 16; item++) first.add(Random.of(seed, step, item).bits());
    }
  }
  for (const key of [[], [0], [0, 0], [0, 0, 0, 0], [2 ** 32], [2 ** 32 + 1]]) {
    first.add(Random.of(...key).bits());
  }
  // Among 5126 draws of 32 bits a collision has a probability of 0.3 %.
  expect(first.size).toBe(8 * 40 * 16 + 6);
});

it("has the moments of its distributions, also over first draws of neighbouring keys", () => {
  const draws = 40000;
  for (const draw of [() => shared.uniform(), () => Random.of(42, next++).uniform()]) {
    let sum = 0;
    let squares = 0;
    let least = 1;
    let most = 0;
    for (let i = 0; i < draws; i++) {
      const x = draw();
      least = Math.min(least, x);
      most = Math.max(most, x);
      sum += x;
      squares += x * x;
    }
    expect(least >= 0 && most < 1).toBe(true);
    expect(Math.abs(sum / draws - 1 / 2)).toBeLessThan(0.008);
    expect(Math.abs(squares / draws - 1 / 3)).toBeLessThan(0.008);
  }
  let squares = 0;
  for (let i = 0; i < draws; i++) squares += shared.normal() ** 2;
  expect(Math.abs(squares / draws - 1)).toBeLessThan(0.04);
});
const shared = Random.of(7);
let next = 0;

it("refuses what is no seed or no state", () => {
  expect(() => Random.of(1.5)).toThrow(ArgumentError);
  expect(() => Random.of(-1)).toThrow(ArgumentError);
  expect(() => new Random([0, 0, 0, 0])).toThrow(ArgumentError);
});
