/** How loud something is, as it is heard. */
import { type ReadonlySignal, useSignalEffect } from "@preact/signals";
import { useRef } from "preact/hooks";
import { meterHeight } from "./shown.ts";

/** A bar that grows with a peak. Screen readers pass it over. */
export function Meter({ peak }: { readonly peak: ReadonlySignal<number> | (() => number) }) {
  const bar = useRef<HTMLDivElement>(null);
  const shown = useRef(0);
  useSignalEffect(() => {
    const height = meterHeight(typeof peak === "function" ? peak() : peak.value);
    // It rises at once, and falls slowly, as eyes need it.
    shown.current = height === 0 ? 0 : Math.max(height, shown.current - 0.06);
    bar.current?.style.setProperty("--level", String(shown.current));
  });
  return (
    <div class="meter" aria-hidden="true">
      <div ref={bar} />
    </div>
  );
}
