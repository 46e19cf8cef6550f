/** What passes between the page and the worker that draws spectrograms. */

/** A picture to draw. */
export interface DrawOrder {
  readonly kind: "draw";
  readonly id: number;
  readonly sampleRate: number;
  readonly channels: number;
  /** Frames that the worker may ask for, from 0 on. */
  readonly frames: number;
  /** What is drawn of them, seconds. */
  readonly start: number;
  readonly duration: number;
  /** CSS pixels of the panel. */
  readonly width: number;
  readonly height: number;
  readonly theme: "light" | "dark";
  /** The strongest colour's level, dB; by default the loudest point's. */
  readonly max?: number;
}

/** What the page says. */
export type ArtistOrder =
  | DrawOrder
  | {
      readonly kind: "samples";
      readonly id: number;
      readonly channels: readonly Float32Array<ArrayBuffer>[];
    }
  | { readonly kind: "unreadable"; readonly id: number; readonly message: string }
  | { readonly kind: "forget"; readonly id: number };

/** A panel of a spectrogram. */
export interface DrawnPanel {
  readonly picture: ImageBitmap;
  readonly frequencies: readonly { readonly at: number; readonly label: string }[];
  /** Of the axis of frequencies, in its pixels. */
  readonly height: number;
  readonly max: number;
}

/** What the worker says. */
export type ArtistNews =
  | {
      readonly kind: "read";
      readonly id: number;
      readonly start: number;
      readonly frames: number;
    }
  | { readonly kind: "drawn"; readonly id: number; readonly panel: DrawnPanel }
  | {
      readonly kind: "failed";
      readonly id: number;
      readonly message: string;
      readonly hint?: string | undefined;
    };
