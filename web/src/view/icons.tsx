/** The app's icons: strokes on a grid of 20. */
const paths = {
  play: "M6 4.2v11.6c0 .6.7 1 1.2.7l9-5.8a.8.8 0 0 0 0-1.4l-9-5.8A.8.8 0 0 0 6 4.200z",
  pause: "M6 4h2.500v12H6zM11.500 4H14v12h-2.500z",
  plus: "M10 4v12M4 10h12",
  close: "M5 5l10 10M15 5L5 15",
  retry: "M15.500 8A6 6 0 1 0 16 11M16 4v4h-4",
  loop: "M4 9V8a3 3 0 0 1 3-3h8M12.500 2.500L15 5l-2.500 2.500M16 11v1a3 3 0 0 1-3 3H5M7.500 17.500L5 15l2.500-2.500",
  export: "M10 3v9M6.500 8.500L10 12l3.500-3.500M4 14v2.500h12V14",
  settings: "M3 6h7M14 6h3M3 14h3M10 14h7M12 4v4M8 12v4",
  models: "M10 2.500l7 3.500-7 3.500L3 6zM3 10l7 3.500 7-3.500M3 14l7 3.500 7-3.500",
  live: "M10 3a2.500 2.500 0 0 1 2.500 2.500v4a2.500 2.500 0 0 1-5 0v-4A2.500 2.500 0 0 1 10 3zM5 9.500a5 5 0 0 0 10 0M10 14.500V17",
  songs:
    "M8 15V4.500l8-1.500v10.500M8 15a2 2 0 1 1-4 0 2 2 0 0 1 4 0zM16 13.500a2 2 0 1 1-4 0 2 2 0 0 1 4 0z",
  keys: "M7.700 7.500a2.300 2.300 0 1 1 3.300 2.100c-.7.3-1 .8-1 1.600M10 14.200v.1",
  back: "M12 4l-6 6 6 6",
  zoomIn: "M13 13l4 4M9 6v6M6 9h6M14.500 9a5.500 5.500 0 1 1-11 0 5.500 5.500 0 0 1 11 0z",
  zoomOut: "M13 13l4 4M6 9h6M14.500 9a5.500 5.500 0 1 1-11 0 5.500 5.500 0 0 1 11 0z",
  fit: "M3 4v12M17 4v12M6 10h8M8 7.500L5.500 10 8 12.500M12 7.500l2.500 2.500-2.500 2.500",
  volume: "M4 8v4h2.500L10 15V5L6.500 8zM13 7.500a3.500 3.500 0 0 1 0 5M15.500 5a7 7 0 0 1 0 10",
  tab: "M3 5h14v10H3zM3 8.500h14M7.500 5v3.500",
  stop: "M5.500 5.500h9v9h-9z",
  warning: "M10 3.500l7 12.500H3zM10 8.500v3.500M10 14v.1",
  check: "M4 10.500l4 4 8-9",
} as const;

/** An icon's name. */
export type IconName = keyof typeof paths;

/** Filled instead of drawn. */
const solid: ReadonlySet<IconName> = new Set(["play", "pause", "stop"]);

/** An icon beside a text or within a labelled button: screen readers pass it over. */
export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg
      class={solid.has(name) ? "icon icon-solid" : "icon"}
      viewBox="0 0 20 20"
      aria-hidden="true"
    >
      <path d={paths[name]} />
    </svg>
  );
}

/** The app's mark: a wave that becomes four bars. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
      <path class="mark-original" d="M3 16c2-9 4-9 6 0s4 9 6 0" />
      <path class="mark-vocals" d="M18 7h11" />
      <path class="mark-drums" d="M18 13h7" />
      <path class="mark-bass" d="M18 19h9" />
      <path class="mark-other" d="M18 25h5" />
    </svg>
  );
}
