/**
 * Event files that TensorBoard shows: records (length, its checksum, an event as a protocol buffer, its checksum)
 * appended one after the other.
 */

import { type FileHandle, mkdir, open } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname, join as joinPath } from "node:path";
import { crc32c } from "../../bytes/crc.ts";
import { joinedBytes } from "../../bytes/joinedBytes.ts";
import {
  bytes,
  double,
  encode,
  type Field,
  float,
  integer,
  message,
  text,
} from "../../bytes/protobuf.ts";
import { ClosedError } from "../../errors.ts";
import { syncFolder, unwritable } from "../../files/index.ts";
import type { EncodedImage } from "../../pictures/index.ts";
import type { EncodedAudio } from "./wavClip.ts";

/** Something to show at a step. */
export type Summary =
  | { readonly kind: "scalar"; readonly tag: string; readonly value: number }
  | { readonly kind: "image"; readonly tag: string; readonly image: EncodedImage }
  | { readonly kind: "audio"; readonly tag: string; readonly audio: EncodedAudio };

/** A number to show; tags with a slash are grouped by what stands before it. */
export function scalar(tag: string, value: number): Summary {
  return { kind: "scalar", tag, value };
}

/**
 * One event file, appended to. Every file of a folder is shown as one run, so a resumed training makes a new one.
 *
 * ```ts
 * await using events = await EventFile.create("runs/one", 0);
 * await events.write(1, [scalar("loss/train", 0.3)]);
 * ```
 */
export class EventFile implements AsyncDisposable {
  readonly path: string;
  readonly #handle: FileHandle;
  #last: Promise<void> = Promise.resolve();
  #closing: Promise<void> | undefined;

  private constructor(path: string, handle: FileHandle) {
    this.path = path;
    this.#handle = handle;
  }

  /**
   * Starts a file in a folder, which is made if it is missing.
   *
   * @param fromStep earlier files' events from this step on are forgotten: they were made after the checkpoint that
   *   the run goes on from
   * @throws FileError when the folder cannot be written to
   */
  static async create(folder: string, fromStep: number, now = Date.now()): Promise<EventFile> {
    const seconds = String(Math.floor(now / 1000)).padStart(10, "0");
    const milliseconds = String(now % 1000).padStart(3, "0");
    const name = `events.out.tfevents.${seconds}.${hostname()}.${process.pid}.${milliseconds}`;
    const path = joinPath(folder, name);
    try {
      await mkdir(folder, { recursive: true });
      const file = new EventFile(path, await open(path, "a"));
      await file.#append(event(now, 0, text(3, "brain.Event:2")));
      if (fromStep > 0) await file.#append(event(now, fromStep, message(7, [integer(1, 1)])));
      return file;
    } catch (cause) {
      throw unwritable(path, cause);
    }
  }

  /** Appends what is to be shown at a step. @throws FileError; ClosedError */
  async write(step: number, summaries: readonly Summary[], now = Date.now()): Promise<void> {
    if (this.#closing) throw new ClosedError(`${this.path} was closed.`);
    const values = summaries.map((summary) => message(1, summaryValue(summary)));
    await this.#append(event(now, step, message(5, values)));
  }

  /** Waits for what is being written, forces it to the disk and closes the file. Harmless to repeat. @throws FileError */
  close(): Promise<void> {
    this.#closing ??= this.#last.then(() => this.#finish());
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #finish(): Promise<void> {
    try {
      await this.#handle.sync();
      await syncFolder(dirname(this.path));
    } catch (cause) {
      throw unwritable(this.path, cause);
    } finally {
      await this.#handle.close();
    }
  }

  #append(content: Uint8Array): Promise<void> {
    const length = new Uint8Array(8);
    new DataView(length.buffer).setBigUint64(0, BigInt(content.length), true);
    const whole = joinedBytes([length, checksum(length), content, checksum(content)]);
    // One write a record: a killed program leaves at most one record cut short, which readers skip.
    const written = this.#last.then(() => this.#handle.appendFile(whole));
    this.#last = written.catch(() => {});
    return written.catch((cause) => {
      throw unwritable(this.path, cause);
    });
  }
}

function event(now: number, step: number, content: Field): Uint8Array {
  return encode([double(1, now / 1000), integer(2, step), content]);
}

function summaryValue(summary: Summary): readonly Field[] {
  const tag = text(1, summary.tag);
  switch (summary.kind) {
    case "scalar":
      return [tag, float(2, summary.value)];
    case "image": {
      const { height, width, png } = summary.image;
      const sizes = [integer(1, height), integer(2, width), integer(3, 3)];
      return [tag, message(4, [...sizes, bytes(4, png.length, () => png)])];
    }
    case "audio": {
      const { sampleRate, channels, frames, wav } = summary.audio;
      const sizes = [float(1, sampleRate), integer(2, channels), integer(3, frames)];
      const content = [bytes(4, wav.length, () => wav), text(5, "audio/wav")];
      return [tag, message(6, [...sizes, ...content])];
    }
  }
}

/** As records store it: turned and offset, so that a checksum of data with checksums in it is still a good one. */
function checksum(content: Uint8Array): Uint8Array {
  const out = new Uint8Array(4);
  const crc = crc32c(content);
  const masked = (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
  new DataView(out.buffer).setUint32(0, masked, true);
  return out;
}
