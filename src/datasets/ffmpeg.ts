/** Decodes what only `ffmpeg` can (AAC, Vorbis, …), with the program found on the PATH. */
import { spawn } from "node:child_process";
import { resolve } from "node:path";
import { AbortError, AudioError, throwIfAborted } from "../errors.ts";
import type { Stereo } from "./song.ts";

/** Hz, of all that is decoded here. */
export const FFMPEG_RATE = 44100;

const BYTES_PER_FRAME = 8;
const INSTALL_HINT =
  "Install ffmpeg (https://ffmpeg.org) and make sure it is on the PATH, or convert the data to WAV first.";

/**
 * Decodes one audio stream of a file to stereo at 44.1 kHz, block by block.
 * @param stream number of the audio stream within the file, from 0.
 * @throws AudioError "unsupported-audio" when there is no ffmpeg, "corrupt-audio" with ffmpeg's complaint,
 * "empty-audio"; AbortError.
 */
export async function* decodeWithFfmpeg(
  path: string,
  stream: number,
  signal?: AbortSignal,
): AsyncGenerator<Stereo> {
  throwIfAborted(signal);
  // "file:" and an absolute path: no name is taken for an option or an address.
  const input = `file:${resolve(path)}`;
  const output = ["-f", "f32le", "-ac", "2", "-ar", String(FFMPEG_RATE), "pipe:1"];
  const args = ["-v", "error", "-nostdin", "-i", input, "-map", `0:a:${stream}`, ...output];
  const child = spawn("ffmpeg", args, { stdio: ["ignore", "pipe", "pipe"], windowsHide: true });
  let complaint = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    if (complaint.length < 2000) complaint += text;
  });
  const ended = new Promise<number | Error>((settle) => {
    child.once("error", settle).once("close", (code) => settle(code ?? -1));
  });
  const stop = () => child.kill("SIGKILL");
  signal?.addEventListener("abort", stop, { once: true });
  try {
    let frames = 0;
    let rest = Buffer.alloc(0);
    for await (const chunk of child.stdout) {
      throwIfAborted(signal);
      const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : Buffer.from(chunk);
      const whole = bytes.length - (bytes.length % BYTES_PER_FRAME);
      rest = bytes.subarray(whole);
      if (whole === 0) continue;
      frames += whole / BYTES_PER_FRAME;
      yield deinterleave(bytes.subarray(0, whole));
    }
    const code = await ended;
    if (signal?.aborted) throw new AbortError(signal.reason);
    if (code !== 0) throw failure(path, code, complaint);
    if (frames === 0) throw new AudioError("empty-audio", `${path} has no samples.`);
  } finally {
    signal?.removeEventListener("abort", stop);
    stop();
  }
}

function deinterleave(bytes: Buffer): Stereo {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const frames = bytes.length / BYTES_PER_FRAME;
  const left = new Float32Array(frames);
  const right = new Float32Array(frames);
  for (let i = 0, at = 0; i < frames; i++, at += BYTES_PER_FRAME) {
    left[i] = view.getFloat32(at, true);
    right[i] = view.getFloat32(at + 4, true);
  }
  return [left, right];
}

function failure(path: string, code: number | Error, complaint: string): AudioError {
  if (code instanceof Error) {
    const missing = "code" in code && code.code === "ENOENT";
    const what = missing ? "ffmpeg is not installed" : `ffmpeg cannot be started: ${code.message}`;
    return new AudioError(
      "unsupported-audio",
      `${path} can only be decoded by ffmpeg, but ${what}.`,
      INSTALL_HINT,
      { cause: code },
    );
  }
  const [reason] = complaint.trim().split("\n");
  return new AudioError(
    "corrupt-audio",
    `${path} cannot be decoded: ffmpeg says "${reason}" (code ${code}).`,
    "Get a complete copy of the file.",
  );
}
