/** The bar at the top: where one is, and what there is besides. */
import { english } from "../text/english.ts";
import { IconButton } from "./controls.tsx";
import { Icon, Mark } from "./icons.tsx";
import type { Workspace } from "./workspace.ts";

export function Header({ workspace }: { readonly workspace: Workspace }) {
  const { page, dialog, services } = workspace;
  const { chosen } = services.shelf;
  const text = english.header;
  const place = (name: "songs" | "live", title: string) => (
    <button
      type="button"
      class="place"
      aria-current={page.value === name ? "page" : undefined}
      onClick={() => {
        page.value = name;
      }}
    >
      <Icon name={name} />
      <span>{title}</span>
    </button>
  );
  return (
    <header class="top">
      <h1 class="brand">
        <Mark />
        <span>{english.title}</span>
      </h1>
      <nav class="places" aria-label={english.title}>
        {place("songs", text.songs)}
        {place("live", text.live)}
      </nav>
      <div class="top-actions">
        <button
          type="button"
          class="model-button"
          aria-label={text.modelChosen(chosen.value.title)}
          title={text.modelChosen(chosen.value.title)}
          onClick={() => {
            dialog.value = "models";
          }}
        >
          <Icon name="models" />
          <span>{chosen.value.title}</span>
        </button>
        <IconButton
          icon="keys"
          label={text.keys}
          onClick={() => {
            dialog.value = "keys";
          }}
        />
        <IconButton
          icon="settings"
          label={text.settings}
          onClick={() => {
            dialog.value = "settings";
          }}
        />
      </div>
    </header>
  );
}
