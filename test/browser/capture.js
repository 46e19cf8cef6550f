/** A worklet that keeps what comes to its second input, from the first sound at its first one on: two seconds of it. */
class Capture extends AudioWorkletProcessor {
  #rows = Array.from({ length: 10 }, () => new Float32Array(2 * sampleRate));
  #at = 0;

  process([begin, kept]) {
    if (this.#at === 0 && !begin[0]?.some((v) => v !== 0)) return true;
    const frames = Math.min(kept[0].length, 2 * sampleRate - this.#at);
    for (const [r, row] of this.#rows.entries()) row.set(kept[r].subarray(0, frames), this.#at);
    this.#at += frames;
    if (this.#at < 2 * sampleRate) return true;
    this.port.postMessage(this.#rows);
    return false;
  }
}

registerProcessor("capture", Capture);
