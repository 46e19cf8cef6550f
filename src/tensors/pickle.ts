/**
 * A safe unpickler: Python's pickle protocol 2, as `torch.save` writes it.
 *
 * A pickle is a program for a stack machine. Python's own machine may import and call anything; this one
 * builds plain data only, and whatever else the program names is looked up in a {@link Vocabulary} that
 * refuses what it does not know. Work and memory are linear in the length of the input, and bounded by a number of
 * values that the caller chooses: one byte of a pickle can take hundreds in memory.
 */
import { quoted } from "../bytes/quoted.ts";
import { corrupt } from "./corrupt.ts";
import { op } from "./pickleOpcodes.ts";
import { isContainer, type PickleDict, type PickleValue, type Vocabulary } from "./pickleValue.ts";

/** What containers and marks count as among the values: the memory of one is at most some 250 bytes. */
const containerWeight = 4;

/** Longest integer that is read, in bytes: nothing in a weight file needs more. */
const maxInteger = 64;

/**
 * Runs a pickle and returns what it leaves behind.
 *
 * @param most how many values the program may make; each container counts as four.
 * @throws WeightsError `weights-corrupt` for truncated or malformed input, opcodes outside protocol 2,
 * every name that `vocabulary` does not know, and too many values.
 */
export function unpickle<T>(
  bytes: Uint8Array,
  vocabulary: Vocabulary<T>,
  most: number,
): PickleValue<T> {
  return unpickleFirst(bytes, vocabulary, most).value;
}

/** As {@link unpickle}, of bytes that more may follow; also how many were read. */
export function unpickleFirst<T>(
  bytes: Uint8Array,
  vocabulary: Vocabulary<T>,
  most: number,
): { readonly value: PickleValue<T>; readonly length: number } {
  const machine = new Machine(bytes, vocabulary, most);
  const value = machine.run();
  return { value, length: machine.read };
}

class Machine<T> {
  private readonly view: DataView;
  private position = 0;
  private made = 0;
  private stack: PickleValue<T>[] = [];
  /** Stacks put aside by the open marks. */
  private readonly outer: PickleValue<T>[][] = [];
  private readonly memo = new Map<number, PickleValue<T>>();
  private readonly utf8 = new TextDecoder("utf-8", { fatal: true });

  constructor(
    private readonly bytes: Uint8Array,
    private readonly vocabulary: Vocabulary<T>,
    private readonly most: number,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Bytes read so far. */
  get read(): number {
    return this.position;
  }

  run(): PickleValue<T> {
    for (;;) {
      const code = this.view.getUint8(this.take(1));
      if (code === op.stop) return this.pop();
      const value = this.produce(code);
      if (value === undefined) this.act(code);
      else {
        this.count(isContainer(value) ? containerWeight : 1);
        this.stack.push(value);
      }
    }
  }

  /** Counts what was made. */
  private count(values: number): void {
    this.made += values;
    if (this.made <= this.most) return;
    throw corrupt(
      `The pickle makes more than ${this.most} values.`,
      "It was refused for safety: its tensors need far fewer.",
    );
  }

  /** The value that an opcode pushes, or undefined if `code` is none of those that push one. */
  private produce(code: number): PickleValue<T> | undefined {
    const { view } = this;
    switch (code) {
      case op.none:
        return null;
      case op.newTrue:
        return true;
      case op.newFalse:
        return false;
      case op.binInt:
        return view.getInt32(this.take(4), true);
      case op.binInt1:
        return view.getUint8(this.take(1));
      case op.binInt2:
        return view.getUint16(this.take(2), true);
      case op.long1:
        return this.integer(view.getUint8(this.take(1)));
      case op.long4:
        return this.integer(view.getUint32(this.take(4), true));
      case op.binFloat:
        return view.getFloat64(this.take(8));
      case op.shortBinString:
        return this.text(view.getUint8(this.take(1)));
      case op.binString:
      case op.binUnicode:
        return this.text(view.getUint32(this.take(4), true));
      case op.emptyTuple:
        return { kind: "tuple", items: [] };
      case op.tuple1:
      case op.tuple2:
      case op.tuple3:
        return { kind: "tuple", items: this.popMany(code - op.tuple1 + 1) };
      case op.tuple:
        return { kind: "tuple", items: this.closeMark() };
      case op.emptyList:
        return { kind: "list", items: [] };
      case op.list:
        return { kind: "list", items: this.closeMark() };
      case op.emptyDict:
        return { kind: "dict", entries: new Map() };
      case op.dict:
        return { kind: "dict", entries: this.pairs(this.closeMark(), new Map()) };
      case op.binGet:
        return this.recall(view.getUint8(this.take(1)));
      case op.longBinGet:
        return this.recall(view.getUint32(this.take(4), true));
      case op.global:
        return { kind: "name", name: this.knownName() };
      case op.reduce:
      case op.newObject:
        return this.call();
      case op.binPersId:
        return this.vocabulary.persistent(this.pop());
    }
    return undefined;
  }

  /** The opcodes that change what is on the stack, the marks or the memo. */
  private act(code: number): void {
    const { view } = this;
    switch (code) {
      case op.proto:
        this.checkProtocol(view.getUint8(this.take(1)));
        break;
      case op.mark:
        this.count(containerWeight);
        this.outer.push(this.stack);
        this.stack = [];
        break;
      case op.popMark:
        this.closeMark();
        break;
      case op.popTop:
        if (this.stack.length > 0) this.stack.pop();
        else this.closeMark();
        break;
      case op.binPut:
        this.remember(view.getUint8(this.take(1)));
        break;
      case op.longBinPut:
        this.remember(view.getUint32(this.take(4), true));
        break;
      case op.append:
        this.extendList(this.popMany(1));
        break;
      case op.appends:
        this.extendList(this.closeMark());
        break;
      case op.setItem:
        this.extendDict(this.popMany(2));
        break;
      case op.setItems:
        this.extendDict(this.closeMark());
        break;
      case op.build: {
        // The attributes of an object (`_metadata` of a state dict) say nothing about the weights.
        this.pop();
        const target = this.top();
        if (isContainer(target) && target.kind === "dict") break;
        throw this.fault("attributes are set on something that has none");
      }
      default:
        throw this.fault(`opcode 0x${code.toString(16)} is not part of protocol 2`);
    }
  }

  private checkProtocol(version: number): void {
    if (version <= 2) return;
    throw corrupt(
      `Pickle protocol ${version} is not supported.`,
      "Save the file again with torch.save and its default protocol, 2.",
    );
  }

  /** Moves past `length` bytes and returns where they begin. */
  private take(length: number): number {
    const start = this.position;
    if (start + length > this.bytes.length) throw this.fault("it ends too early");
    this.position = start + length;
    return start;
  }

  private text(length: number): string {
    const start = this.take(length);
    try {
      return this.utf8.decode(this.bytes.subarray(start, start + length));
    } catch {
      throw this.fault("a string is not UTF-8");
    }
  }

  /** A little-endian two's complement integer; a `bigint` where a number would round. */
  private integer(length: number): number | bigint {
    if (length > maxInteger) throw this.fault(`an integer takes ${length} bytes`);
    const start = this.take(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.bytes[start + i]);
    value = BigInt.asIntN(8 * length, value);
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }

  /** Two lines, module and name. */
  private knownName(): string {
    const name = `${this.line()}.${this.line()}`;
    if (this.vocabulary.knows(name)) return name;
    throw corrupt(
      `The file asks for the Python object ${quoted(name)}, which was refused for safety.`,
      "A weight file needs no code. Use a file that holds a plain state dict, from a source you trust.",
    );
  }

  private line(): string {
    const end = this.bytes.indexOf(0x0a, this.position);
    if (end < 0) throw this.fault("it ends too early");
    const text = this.text(end - this.position);
    this.take(1);
    return text;
  }

  private call(): PickleValue<T> {
    const [callee, args] = this.popMany(2);
    if (!isContainer(callee) || callee.kind !== "name") {
      throw this.fault("it calls what is no function");
    }
    if (!isContainer(args) || args.kind !== "tuple") throw this.fault("it calls without a tuple");
    return this.vocabulary.call(callee.name, args.items);
  }

  private extendList(items: readonly PickleValue<T>[]): void {
    const target = this.top();
    if (!isContainer(target) || target.kind !== "list") {
      throw this.fault("it appends to what is no list");
    }
    for (const item of items) target.items.push(item);
  }

  private extendDict(items: readonly PickleValue<T>[]): void {
    const target = this.top();
    if (!isContainer(target) || target.kind !== "dict") {
      throw this.fault("it sets items of what is no dict");
    }
    this.pairs(items, target.entries);
  }

  /** Puts keys and values, which alternate in `items`, into `entries`. */
  private pairs(
    items: readonly PickleValue<T>[],
    entries: PickleDict<T>["entries"],
  ): PickleDict<T>["entries"] {
    if (items.length % 2 !== 0) throw this.fault("a dict has a key without a value");
    for (let i = 0; i < items.length; i += 2) {
      if (isContainer(items[i])) throw this.fault("a dict has a key that is no number or string");
      entries.set(items[i], items[i + 1]);
    }
    return entries;
  }

  private top(): PickleValue<T> {
    const value = this.stack.at(-1);
    if (value === undefined) throw this.fault("its stack is empty");
    return value;
  }

  private pop(): PickleValue<T> {
    return this.popMany(1)[0];
  }

  private popMany(count: number): PickleValue<T>[] {
    if (this.stack.length < count) throw this.fault("its stack is empty");
    return this.stack.splice(this.stack.length - count);
  }

  /** Everything above the last mark; what was below it becomes the stack again. */
  private closeMark(): PickleValue<T>[] {
    const below = this.outer.pop();
    if (below === undefined) throw this.fault("a mark is missing");
    const above = this.stack;
    this.stack = below;
    return above;
  }

  private remember(index: number): void {
    this.count(1);
    this.memo.set(index, this.top());
  }

  private recall(index: number): PickleValue<T> {
    const value = this.memo.get(index);
    if (value === undefined) throw this.fault(`entry ${index} of its memo is missing`);
    return value;
  }

  private fault(what: string) {
    return corrupt(`The pickle is damaged at byte ${this.position}: ${what}.`);
  }
}
