/** What can be set, and what this browser gives. */
import { exportFormats } from "../settings/settings.ts";
import { english } from "../text/english.ts";
import { Segments, Select } from "./controls.tsx";
import { Dialog } from "./dialog.tsx";
import type { Workspace } from "./workspace.ts";

const text = english.settings;

export function SettingsDialog({ workspace }: { readonly workspace: Workspace }) {
  const { settings } = workspace.services;
  const isolated = globalThis.crossOriginIsolated;
  const gpu = "gpu" in navigator;
  const close = () => {
    workspace.dialog.value = undefined;
  };
  return (
    <Dialog title={text.title} onClose={close}>
      <div class="form">
        <div class="field">
          <span aria-hidden="true">{text.theme}</span>
          <Segments
            label={text.theme}
            name="theme"
            value={settings.theme.value}
            choices={[
              ["system", text.themes.system],
              ["light", text.themes.light],
              ["dark", text.themes.dark],
            ]}
            onChange={(theme) => {
              settings.theme.value = theme;
            }}
          />
        </div>
        <Select
          label={text.device}
          value={settings.device.value}
          choices={[
            ["auto", text.devices.auto],
            ["cpu", text.devices.cpu],
          ]}
          onChange={(value) => {
            settings.device.value = value === "cpu" ? "cpu" : "auto";
          }}
        />
        <Select
          label={text.format}
          value={settings.format.value}
          choices={exportFormats.map((format) => [format, english.export.formats[format]])}
          onChange={(value) => {
            const format = exportFormats.find((known) => known === value);
            if (format) settings.format.value = format;
          }}
        />
        <label class="check">
          <input
            type="checkbox"
            checked={settings.follow.value}
            onChange={({ currentTarget }) => {
              settings.follow.value = currentTarget.checked;
            }}
          />
          <span>{text.followPlayhead}</span>
        </label>
        <section class="machine">
          <h3>{text.machine}</h3>
          <ul>
            <li>{isolated ? text.isolated : text.notIsolated}</li>
            <li>{gpu ? text.gpu : text.noGpu}</li>
          </ul>
          <p class="dim">{text.privacy}</p>
        </section>
      </div>
    </Dialog>
  );
}
