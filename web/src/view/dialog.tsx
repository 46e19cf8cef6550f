/** A dialog over the page, of the browser's own kind: it keeps the focus, and Escape closes it. */
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { english } from "../text/english.ts";
import { IconButton } from "./controls.tsx";

/** Open as long as it is part of the page. */
export function Dialog(props: {
  readonly title: string;
  readonly onClose: () => void;
  readonly kind?: string;
  readonly children: ComponentChildren;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const title = useRef<HTMLHeadingElement>(null);
  const heading = useId();
  useEffect(() => {
    const before = document.activeElement;
    const shown = dialog.current;
    // Beside the dialog's content there is only what lies behind it.
    const pressed = ({ target }: MouseEvent) => target === shown && props.onClose();
    shown?.addEventListener("click", pressed);
    shown?.showModal();
    title.current?.focus();
    return () => {
      shown?.close();
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      class={`dialog ${props.kind ?? ""}`}
      aria-labelledby={heading}
      onClose={props.onClose}
    >
      <div class="dialog-body">
        <header>
          <h2 id={heading} tabIndex={-1} ref={title}>
            {props.title}
          </h2>
          <IconButton icon="close" label={english.close} onClick={props.onClose} />
        </header>
        {props.children}
      </div>
    </dialog>
  );
}
