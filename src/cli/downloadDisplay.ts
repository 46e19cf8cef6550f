/** Shows models being fetched: a bar on a terminal, and lines that stay wherever stderr goes. */
import type { DownloadProgress } from "../models/index.ts";
import { publishedModels } from "../models/index.ts";
import { ProgressBar } from "./progressBar.ts";
import { escaped } from "./terminal.ts";

/** A size as people say it, "62.5 MB". */
export function shownSize(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** Follows downloads, one after the other. */
export class DownloadDisplay {
  readonly #stream: NodeJS.WriteStream;
  #bar: ProgressBar | undefined;
  #model = "";
  #total = 0;

  constructor(stream: NodeJS.WriteStream = process.stderr) {
    this.#stream = stream;
  }

  /** Shows a step; what `onProgress` of a download is for. */
  readonly show = (step: DownloadProgress): void => {
    switch (step.kind) {
      case "start": {
        this.#model = step.model;
        this.#total = step.total;
        const rest = step.received > 0 ? `, ${shownSize(step.received)} of it are here` : "";
        this.#line(`fetching ${step.model} (${shownSize(step.total)}${rest}) from ${step.url}`);
        const terms = publishedModels.find(({ name }) => name === step.model)?.config.licence;
        if (terms) this.#line(`  ${terms}`);
        this.#bar = new ProgressBar(step.model, this.#stream);
        this.#bar.update(step.received / step.total);
        break;
      }
      case "progress":
        this.#bar?.update(step.received / step.total);
        break;
      case "retry":
        this.#line(`${step.reason}; trying again in ${Number(step.seconds.toFixed(1))} s`);
        break;
      case "verify":
        this.#bar?.update(1, `${this.#model}: checking`);
        break;
      case "done":
        this.#line(`${this.#model}: ${shownSize(this.#total)}, checksum right`);
        this.#bar = undefined;
        break;
    }
  };

  /** Takes the bar away, at the end of all or when something failed. */
  clear(): void {
    this.#bar?.clear();
    this.#bar = undefined;
  }

  #line(text: string): void {
    this.#bar?.clear();
    this.#stream.write(`${escaped(text)}\n`);
  }
}
