import { expect, it } from "vitest";
import { WeightsError } from "../errors.ts";
import { opcode, pickle } from "../testing/torchFile.ts";
import { unpickle } from "./pickle.ts";
import type { PickleValue, Vocabulary } from "./pickleValue.ts";

/** Knows one function, which counts its arguments, and takes every persistent id as it is. */
const vocabulary: Vocabulary<never> = {
  knows: (name) => name === "safe.count",
  call: (_, args) => args.length,
  persistent: (id) => id,
};

function run(...body: number[][]): PickleValue<never> {
  return unpickle(pickle(...body), vocabulary, 1000);
}

const tuple = (...items: unknown[]) => ({ kind: "tuple", items });
const list = (...items: unknown[]) => ({ kind: "list", items });

it.each<[string, number[], unknown]>([
  ["None", opcode.none.slice(), null],
  ["True", opcode.true.slice(), true],
  ["False", opcode.false.slice(), false],
  ["a negative int", [0x4a, 0xfe, 0xff, 0xff, 0xff], -2],
  ["a byte", [0x4b, 200], 200],
  ["a short", [0x4d, 1, 2], 513],
  ["a float", [0x47, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0], 1.5],
  ["LONG1 of no bytes", [0x8a, 0], 0],
  ["a negative LONG1", [0x8a, 2, 0, 0xff], -256],
  ["a LONG1 beyond 2^53", [0x8a, 8, 1, 0, 0, 0, 0, 0, 0, 0x40], 2n ** 62n + 1n],
  ["a LONG4", [0x8b, 3, 0, 0, 0, 1, 0, 1], 65537],
  ["an old string", [0x55, 2, 0x61, 0x62], "ab"],
  ["an old long string", [0x54, 1, 0, 0, 0, 0x61], "a"],
  ["unicode", opcode.text("größe"), "größe"],
  ["POP", [...opcode.true, ...opcode.none, 0x30], true],
  ["POP_MARK", [...opcode.true, ...opcode.mark, ...opcode.none, 0x31], true],
  ["LIST", [...opcode.mark, 0x4b, 1, 0x6c], list(1)],
  ["a persistent id", [...opcode.text("id"), ...opcode.persistentId], "id"],
  ["a call", [...opcode.global("safe", "count"), 0x4b, 1, 0x4b, 2, 0x86, ...opcode.reduce], 2],
  ["NEWOBJ", [...opcode.global("safe", "count"), 0x29, 0x81], 0],
  [
    "tuples",
    [0x29, 0x85, 0x4e, 0x86, 0x4e, 0x4e, 0x87],
    tuple(tuple(tuple(tuple()), null), null, null),
  ],
])("reads %s", (_, body, expected) => {
  expect(run(body)).toEqual(expected);
});

it("builds dicts by SETITEM, SETITEMS and DICT, keys of different types apart, in order", () => {
  const one = [...opcode.text("1"), ...opcode.none];
  const value = run(
    [...opcode.mark, ...one, 0x64],
    [...opcode.int(1), ...opcode.true, ...opcode.setItem],
    [...opcode.mark, ...opcode.text("__proto__"), ...opcode.false, ...opcode.setItems],
  );
  const entries = new Map<unknown, unknown>([
    ["1", null],
    [1, true],
    ["__proto__", false],
  ]);
  expect(value).toEqual({ kind: "dict", entries });
  expect(Object.hasOwn(Object.prototype, "false")).toBe(false);
});

it("recalls memo entries by identity, also of a list that contains itself", () => {
  const value = run(
    [...opcode.emptyList, ...opcode.put(3)],
    [...opcode.mark, ...opcode.get(3), 0x6a, 3, 0, 0, 0, ...opcode.appends],
  );
  if (typeof value !== "object" || value?.kind !== "list") throw new Error("no list");
  expect(value.items[0]).toBe(value);
  expect(value.items[1]).toBe(value);
});

it("refuses every name outside its vocabulary and says which", () => {
  const hostile = [
    opcode.global("os", "system"),
    [...opcode.text("echo"), ...opcode.tuple1, ...opcode.reduce],
  ];
  expect(() => run(...hostile)).toThrow(/"os\.system", which was refused for safety/);
  expect(() => run(opcode.global("builtins", "eval"))).toThrow(/"builtins\.eval"/);
  expect(() => run(opcode.global("safe\u0000", "count"))).toThrow(/"safe\\u0000\.count"/);
  expect(() => run(opcode.global("", "constructor"))).toThrow(/"\.constructor"/);
});

it.each<[string, number[], RegExp]>([
  ["an empty stack", [], /stack is empty/],
  ["underflow below a mark", [...opcode.none, ...opcode.mark, 0x85], /stack is empty/],
  ["a missing mark", opcode.tuple.slice(), /mark is missing/],
  ["a missing memo entry", opcode.get(9), /entry 9 of its memo is missing/],
  ["storing nothing in the memo", opcode.put(0), /stack is empty/],
  ["a huge string", [0x58, 0xff, 0xff, 0xff, 0xff, 0x61], /ends too early/],
  ["a huge integer", [0x8b, 0xff, 0xff, 0xff, 0x7f, 1], /integer takes 2147483647 bytes/],
  ["a string that is not UTF-8", [0x55, 1, 0xff], /not UTF-8/],
  ["calling a tuple", [0x29, 0x29, ...opcode.reduce], /calls what is no function/],
  ["calling without a tuple", [...opcode.global("safe", "count"), 0x4e, 0x52], /without a tuple/],
  ["appending to a dict", [...opcode.emptyDict, 0x4e, ...opcode.append], /no list/],
  ["setting items of a list", [...opcode.emptyList, 0x4e, 0x4e, ...opcode.setItem], /no dict/],
  [
    "an odd number of items",
    [...opcode.emptyDict, 0x28, 0x4e, ...opcode.setItems],
    /without a value/,
  ],
  [
    "a container as key",
    [...opcode.emptyDict, 0x29, 0x4e, ...opcode.setItem],
    /no number or string/,
  ],
  ["building on a list", [...opcode.emptyList, 0x4e, ...opcode.build], /has none/],
  ["an unknown opcode", [0xfe], /opcode 0xfe is not part of protocol 2/],
  ["a text opcode of protocol 0", [0x49, 0x31, 0x0a], /opcode 0x49/],
  ["a name without its end", [0x63, 0x61, 0x0a, 0x62], /ends too early/],
])("complains about %s", (_, body, message) => {
  expect(() => run(body)).toThrow(WeightsError);
  expect(() => run(body)).toThrow(message);
});

it("refuses newer protocols and says how to save again", () => {
  const newer = Uint8Array.of(0x80, 4, ...opcode.none, ...opcode.stop);
  expect(() => unpickle(newer, vocabulary, 1000)).toThrow(/protocol 4 is not supported/);
});

it("reads a name of a megabyte without quoting it whole", () => {
  const name = "a".repeat(1_000_000);
  const bytes = new TextEncoder().encode(`c${name}\nb\n.`);
  expect(() => unpickle(bytes, vocabulary, 1000)).toThrow(/^The file asks.{0,200}$/);
});

it.each<[string, number[], number]>([
  ["numbers", [0x4b, 1], 1],
  ["empty dicts", opcode.emptyDict.slice(), 4],
  ["lists and marks", [...opcode.emptyList, ...opcode.mark], 8],
  ["memo entries", [...opcode.none, 0x72, 1, 0, 0, 0], 2],
  ["calls whose results are thrown away", [...opcode.global("safe", "count"), 0x29, 0x52, 0x30], 9],
])("makes as many %s as it may, and no more", (_, body, weight) => {
  const most = 10 * weight;
  const program = (times: number) =>
    pickle(...new Array<number[]>(times).fill(body), opcode.none.slice());
  expect(unpickle(program(10), vocabulary, most + 1)).toBe(null);
  expect(() => unpickle(program(11), vocabulary, most + 1)).toThrow(
    `The pickle makes more than ${most + 1} values.`,
  );
});
