/**
 * The one way to standard output and standard error. Names, tags, licences and messages come from outside: what could
 * steer a terminal or turn its text around is written as an escape. A failure to write is remembered, not thrown: the
 * work goes on, and the program tells it in the end and exits with 1.
 */
import { fstatSync, write, writeSync } from "node:fs";
import { promisify } from "node:util";
import { XumxError } from "../errors.ts";
import { unwritable } from "../files/index.ts";
import { FAILED } from "./exitCodes.ts";

/** Control characters of both sets, ends of lines and paragraphs, and marks that turn the direction of text. */
const unsafe = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** The text on one line, with nothing in it that a terminal obeys: "\x1b", "\u202e" and the like stand for themselves. */
export function escaped(text: string): string {
  return text.replace(unsafe, (character) => {
    const code = character.charCodeAt(0);
    if (character === "\n") return "\\n";
    if (character === "\t") return "\\t";
    return code < 256 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`;
  });
}

/** The same of a text of several lines, which stay. */
export function escapedLines(text: string): string {
  return text.split("\n").map(escaped).join("\n");
}

/** The value as JSON, in which such characters are escaped as JSON has it: nothing is lost. */
export function safeJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, undefined, indent)
    .split("\n")
    .map((line) => line.replace(unsafe, (c) => `\\u${hex(c.charCodeAt(0), 4)}`))
    .join("\n");
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, "0");
}

/** Writes lines to standard error. Nobody is told of a failure: there is no other place. */
export function say(text: string): void {
  put(2, `${escapedLines(text)}\n`);
}

/** Writes over the line that stands on the terminal of standard error; "" ends it there. */
export function sayOver(text: string): void {
  put(2, text === "" ? "\n" : `\r${escaped(text)}\u001b[K`);
}

/** Writes an error and its hint to standard error, each on a line. */
export function sayError(error: Error): void {
  say(`xumx-slicq: ${escaped(error.message)}`);
  if (error instanceof XumxError && error.hint) say(`  ${escaped(error.hint)}`);
}

/** Writes a text for people, such as a table, to standard output. It ends its lines itself. */
export function print(text: string): void {
  put(1, escapedLines(text));
}

/** Writes a path, on a line, to standard output: as it is for programs, escaped for people. */
export function printPath(path: string): void {
  put(1, `${process.stdout.isTTY ? escaped(path) : path}\n`);
}

/** Writes a value as JSON, on lines of its own, to standard output. */
export function printJson(value: unknown, indent?: number): void {
  put(1, `${safeJson(value, indent)}\n`);
}

/** What went wrong with standard output, unless its reader has merely gone. */
let failure: XumxError | undefined;

/**
 * Minds both streams until the program ends: a failure of standard output is told then, and makes the exit code
 * {@link FAILED}. That a reader has gone (`| head`, a closed terminal) is no failure.
 */
export function mindStreams(): void {
  process.stdout.on("error", failed);
  process.stderr.on("error", () => {});
  process.on("exit", () => {
    if (failure === undefined || told) return;
    sayError(failure);
    process.exitCode ||= FAILED;
  });
}

/**
 * Standard output as a WHATWG stream: each write resolves when its bytes are taken. It fails with a {@link FileError}, or
 * with the system's error if the reader has gone.
 */
export function standardOutput(): WritableStream<Uint8Array> {
  return new WritableStream({
    write: async (bytes) => {
      try {
        await sent(bytes);
      } catch (cause) {
        // Whoever writes tells it.
        told = true;
        throw isGone(cause) ? cause : unwritable("stdout", cause);
      }
    },
  });
}

/** Whether a failure of standard output has been told by whoever wrote to it. */
let told = false;

/** Writes bytes, such as a picture, to standard output. @throws {FileError} unless the reader has gone. */
export async function printBytes(bytes: Uint8Array): Promise<void> {
  const writer = standardOutput().getWriter();
  await writer.write(bytes).catch((cause: unknown) => {
    if (!isGone(cause)) throw cause;
  });
}

function failed(error: Error): void {
  if (!told && !isGone(error)) failure ??= unwritable("stdout", error);
}

/** Whether the reader of a stream has gone. */
export function isGone(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "EPIPE" || code === "ERR_STREAM_DESTROYED";
}

async function sent(bytes: Uint8Array): Promise<void> {
  if (isFile(1)) {
    for (let at = 0; at < bytes.length; ) {
      at += (await promisify(write)(1, bytes, at, bytes.length - at, null)).bytesWritten;
    }
    return;
  }
  await new Promise<void>((resolve, reject) => {
    process.stdout.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}

/** Node's streams to files pass over it if only a part was written; these do not. */
function put(descriptor: 1 | 2, text: string): void {
  const stream = descriptor === 1 ? process.stdout : process.stderr;
  if (!isFile(descriptor)) {
    stream.write(text);
    return;
  }
  try {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
  } catch (error) {
    if (descriptor === 1 && error instanceof Error) failed(error);
  }
}

/** Whether the stream leads to a file or a device that is no terminal. */
function isFile(descriptor: 1 | 2): boolean {
  const stream = descriptor === 1 ? process.stdout : process.stderr;
  if (stream.isTTY) return false;
  try {
    const stats = fstatSync(descriptor);
    return stats.isFile() || stats.isCharacterDevice();
  } catch {
    return false;
  }
}
