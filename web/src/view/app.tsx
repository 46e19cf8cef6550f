/** The page. */
import { type ReadonlySignal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { english } from "../text/english.ts";
import { droppedFiles } from "./droppedFiles.ts";
import { ExportDialog } from "./exportDialog.tsx";
import { Header } from "./header.tsx";
import { onKey } from "./keyboard.ts";
import { KeysDialog } from "./keysDialog.tsx";
import { LivePage } from "./livePage.tsx";
import { ModelsDialog } from "./modelsDialog.tsx";
import { Notices } from "./notices.tsx";
import { SettingsDialog } from "./settingsDialog.tsx";
import { SongList } from "./songList.tsx";
import { SongPage } from "./songPage.tsx";
import { followTheme } from "./theme.ts";
import { Welcome } from "./welcome.tsx";
import type { Workspace } from "./workspace.ts";

/** The whole app, for a workspace. */
export function App({ workspace }: { readonly workspace: Workspace }) {
  useEffect(() => followTheme(workspace.services.settings), [workspace]);
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => onKey(event, workspace);
    const pasted = (event: ClipboardEvent) => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (files.length > 0) workspace.add(files);
    };
    document.addEventListener("keydown", pressed);
    document.addEventListener("paste", pasted);
    return () => {
      document.removeEventListener("keydown", pressed);
      document.removeEventListener("paste", pasted);
    };
  }, [workspace]);
  const over = useDrop(workspace);
  const song = workspace.selected.value;
  const isLive = workspace.page.value === "live";
  return (
    <div class="app">
      <a class="skip" href="#main">
        {english.skipToSong}
      </a>
      <Header workspace={workspace} />
      <div
        class="body"
        data-page={workspace.page.value}
        data-shown={song && !workspace.listShown.value ? "song" : "list"}
        data-empty={song === undefined}
      >
        {!isLive && song && <SongList workspace={workspace} />}
        <main id="main" tabIndex={-1}>
          {isLive && <LivePage workspace={workspace} />}
          {!isLive && song && <SongPage workspace={workspace} song={song} />}
          {!isLive && !song && <Welcome workspace={workspace} />}
        </main>
      </div>
      <Dialogs workspace={workspace} />
      <Notices workspace={workspace} />
      {over.value && (
        <div class="drop-cover" aria-hidden="true">
          <p>{english.drop.over}</p>
        </div>
      )}
    </div>
  );
}

function Dialogs({ workspace }: { readonly workspace: Workspace }) {
  const open = workspace.open.value;
  switch (workspace.dialog.value) {
    case "export":
      return open ? <ExportDialog workspace={workspace} open={open} /> : null;
    case "models":
      return <ModelsDialog workspace={workspace} />;
    case "settings":
      return <SettingsDialog workspace={workspace} />;
    case "keys":
      return <KeysDialog workspace={workspace} />;
    case undefined:
      return null;
  }
}

/** The whole page takes files. @returns whether some are held over it */
function useDrop(workspace: Workspace): ReadonlySignal<boolean> {
  const over = useSignal(false);
  useEffect(() => {
    const ending = new AbortController();
    const { signal } = ending;
    const holdsFiles = ({ dataTransfer }: DragEvent) =>
      dataTransfer?.types.includes("Files") ?? false;
    const moved = (event: DragEvent) => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      over.value = true;
    };
    const left = (event: DragEvent) => {
      if (event.relatedTarget === null) over.value = false;
    };
    const dropped = (event: DragEvent) => {
      over.value = false;
      if (!holdsFiles(event) || event.defaultPrevented) return;
      event.preventDefault();
      void droppedFiles(event.dataTransfer).then(
        (files) => workspace.add(files),
        (error: unknown) => workspace.fail(error),
      );
    };
    document.addEventListener("dragover", moved, { signal });
    document.addEventListener("dragleave", left, { signal });
    document.addEventListener("drop", dropped, { signal });
    return () => ending.abort();
  }, [workspace]);
  return over;
}
