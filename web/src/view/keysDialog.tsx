/** All keys. */
import { english } from "../text/english.ts";
import { Dialog } from "./dialog.tsx";
import type { Workspace } from "./workspace.ts";

const text = english.keys;

export function KeysDialog({ workspace }: { readonly workspace: Workspace }) {
  const close = () => {
    workspace.dialog.value = undefined;
  };
  return (
    <Dialog title={text.title} onClose={close}>
      <dl class="keys">
        {text.list.map(([keys, what]) => (
          <div key={keys}>
            <dt>
              {keys.split(" ").map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
