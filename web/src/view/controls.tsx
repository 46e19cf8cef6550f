/** Small controls that several parts of the page have in common. */
import type { ComponentChildren } from "preact";
import { Icon, type IconName } from "./icons.tsx";

/** A button that shows an icon alone; its label is what it is called, and its hint. */
export function IconButton(props: {
  readonly icon: IconName;
  readonly label: string;
  readonly onClick: () => void;
  readonly disabled?: boolean;
  readonly pressed?: boolean;
}) {
  return (
    <button
      type="button"
      class="icon-button"
      aria-label={props.label}
      title={props.label}
      disabled={props.disabled}
      aria-pressed={props.pressed}
      onClick={props.onClick}
    >
      <Icon name={props.icon} />
    </button>
  );
}

/** A slider whose filled part is shown. */
export function Slider(props: {
  readonly label: string;
  readonly value: number;
  readonly text: string;
  readonly min: number;
  readonly max: number;
  readonly step?: number;
  /** Where a double click puts it. */
  readonly home?: number;
  /** The filled part begins here; at the least value by default. */
  readonly from?: number;
  readonly kind?: string;
  readonly onInput: (value: number) => void;
}) {
  const { min, max, value, home, from = min } = props;
  const share = (v: number) => `${(100 * (v - min)) / (max - min)}%`;
  return (
    <input
      type="range"
      class={`slider ${props.kind ?? ""}`}
      aria-label={props.label}
      aria-valuetext={props.text}
      title={`${props.label}: ${props.text}`}
      min={min}
      max={max}
      step={props.step ?? 1}
      value={value}
      style={{
        "--from": share(Math.min(from, value)),
        "--to": share(Math.max(from, value)),
      }}
      onInput={(event) => props.onInput(event.currentTarget.valueAsNumber)}
      onDblClick={() => home !== undefined && props.onInput(home)}
    />
  );
}

/** One of a few, side by side. */
export function Segments<T extends string>(props: {
  readonly label: string;
  readonly name: string;
  readonly value: T;
  readonly choices: readonly (readonly [value: T, title: string])[];
  readonly disabled?: boolean;
  readonly onChange: (value: T) => void;
}) {
  return (
    <div class="segments" role="radiogroup" aria-label={props.label}>
      {props.choices.map(([value, title]) => (
        <label key={value}>
          <input
            type="radio"
            name={props.name}
            value={value}
            checked={props.value === value}
            disabled={props.disabled}
            onChange={() => props.onChange(value)}
          />
          <span>{title}</span>
        </label>
      ))}
    </div>
  );
}

/** A choice from a list, with its label. */
export function Select(props: {
  readonly label: string;
  readonly value: string;
  readonly choices: readonly (readonly [value: string, title: string])[];
  readonly onChange: (value: string) => void;
}) {
  return (
    <label class="field">
      <span>{props.label}</span>
      <select value={props.value} onChange={(event) => props.onChange(event.currentTarget.value)}>
        {props.choices.map(([value, title]) => (
          <option key={value} value={value} selected={value === props.value}>
            {title}
          </option>
        ))}
      </select>
    </label>
  );
}

/** How far something is. */
export function Progress(props: { readonly label: string; readonly fraction: number }) {
  const value = Math.round(100 * Math.max(0, Math.min(1, props.fraction)));
  return (
    <div
      class="progress"
      role="progressbar"
      aria-label={props.label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={value}
    >
      <div style={{ transform: `scaleX(${value / 100})` }} />
    </div>
  );
}

/** A fact with its name. */
export function Fact(props: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <div class="fact">
      <dt>{props.name}</dt>
      <dd>{props.children}</dd>
    </div>
  );
}
