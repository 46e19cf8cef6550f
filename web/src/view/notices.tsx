/** What there is to say: shown until it is dismissed, and said to screen readers. */
import { english } from "../text/english.ts";
import { IconButton } from "./controls.tsx";
import { Icon } from "./icons.tsx";
import type { Workspace } from "./workspace.ts";

export function Notices({ workspace }: { readonly workspace: Workspace }) {
  return (
    <>
      <section class="notices" aria-label={english.notices.label} aria-live="polite">
        {workspace.notices.value.map((notice) => (
          <div key={notice.id} class="notice" data-kind={notice.kind}>
            <Icon name={notice.kind === "error" ? "warning" : "check"} />
            <div>
              <p>{notice.message}</p>
              {notice.hint && <p class="dim">{notice.hint}</p>}
              {notice.action && (
                <button type="button" class="button small" onClick={notice.action.act}>
                  {notice.action.title}
                </button>
              )}
            </div>
            <IconButton
              icon="close"
              label={english.notices.dismiss}
              onClick={() => workspace.dismiss(notice)}
            />
          </div>
        ))}
      </section>
      <p class="unseen" role="status">
        {workspace.announcement.value}
      </p>
    </>
  );
}
