/** What can be set, and what this browser gives. */
import { exportFormats, passChoices } from "../settings/settings.ts";
import { MOST_THREADS } from "../studio/capabilities.ts";
import { english } from "../text/english.ts";
import { Segments, Select } from "./controls.tsx";
import { Dialog } from "./dialog.tsx";
import type { Workspace } from "./workspace.ts";

const text = english.settings;

export function SettingsDialog({ workspace }: { readonly workspace: Workspace }) {
  const { settings, capabilities, offline } = workspace.services;
  const cores = Math.min(MOST_THREADS, navigator.hardwareConcurrency || 1);
  const counts = Array.from({ length: cores }, (_, i) => i + 1);
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
          label={text.threads}
          value={String(settings.threads.value)}
          choices={[
            ["0", text.threadsAuto(capabilities.threads)],
            ...counts.map((n) => [String(n), text.threadsCount(n)] as const),
          ]}
          onChange={(value) => {
            settings.threads.value = Number(value);
          }}
        />
        <Select
          label={text.passes}
          value={String(settings.passes.value)}
          choices={passChoices.map((passes) => [String(passes), text.passesCount[passes]] as const)}
          onChange={(value) => {
            settings.passes.value = Number(value);
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
            {capabilities.shortcomings.map((name) => (
              <li key={name}>{text.shortcomings[name]}</li>
            ))}
            {capabilities.shortcomings.length === 0 && <li>{text.complete}</li>}
            {offline.ready.value && <li>{text.offline}</li>}
          </ul>
          <p class="dim">{text.privacy}</p>
        </section>
      </div>
    </Dialog>
  );
}
