/** Numbers as people read them. */

/** m:ss, or h:mm:ss. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (value: number) => String(value).padStart(2, "0");
  const [hours, minutes, rest] = [
    Math.floor(whole / 3600),
    Math.floor(whole / 60) % 60,
    whole % 60,
  ];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** m:ss.t */
export function fineClock(seconds: number): string {
  const tenths = Math.floor(Math.max(0, seconds) * 10);
  return `${clock(tenths / 10)}.${tenths % 10}`;
}

/** Seconds, minutes and seconds: "8 s", "2 min 5 s". */
export function duration(seconds: number): string {
  if (seconds < 10) return `${Math.max(0.1, seconds).toFixed(1)} s`;
  return wholeDuration(seconds);
}

/** The same without tenths, a second at least. */
export function wholeDuration(seconds: number): string {
  const whole = Math.max(1, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const [minutes, rest] = [Math.floor(whole / 60), whole % 60];
  return rest === 0 ? `${minutes} min` : `${minutes} min ${rest} s`;
}

/** "37 %" */
export function percent(fraction: number): string {
  return `${Math.floor(100 * Math.max(0, Math.min(1, fraction)))} %`;
}

/** "14.2 MB" */
export function byteSize(bytes: number): string {
  if (bytes < 1e6) return `${Math.max(1, Math.round(bytes / 1e3))} kB`;
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}

/** "−6.0", with a true minus. */
export function decibels(gain: number): string {
  const db = 20 * Math.log10(gain);
  const text = Math.abs(db).toFixed(1);
  if (text === "0.0") return "0.0";
  return db < 0 ? `−${text}` : `+${text}`;
}

/** Fader positions of full scale: 75 of 100 leaves the sound as it is, 100 is 5 dB more. */
export const UNITY = 75;

/** The gain of a fader's position, 0 to 100: fine where it is loud, coarse where it is quiet. */
export function gainOf(position: number): number {
  return (position / UNITY) ** 2;
}

/** The fader's position of a gain. */
export function positionOf(gain: number): number {
  return Math.round(UNITY * Math.sqrt(gain));
}

/** Height of a meter, 0 to 1, for a peak: from -54 dB to 0 dB. */
export function meterHeight(peak: number): number {
  if (peak <= 0.002) return 0;
  return Math.max(0, Math.min(1, 1 + (20 * Math.log10(peak)) / 54));
}
