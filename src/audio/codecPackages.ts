/**
 * The packages of codecs that are not our own, each loaded when it is first needed. They are named by variables, so that
 * bundlers do not look for them: in browsers, which bring these codecs themselves, programs stay small and whole.
 */

const packages = {
  lame: "wasm-media-encoders",
  libopus: "libopus-wasm",
  mpg123: "mpg123-decoder",
  vorbis: "@wasm-audio-decoders/ogg-vorbis",
} as const;

export function importLame(): Promise<typeof import("wasm-media-encoders")> {
  return import(/* @vite-ignore */ /* webpackIgnore: true */ packages.lame);
}

export function importLibopus(): Promise<typeof import("libopus-wasm")> {
  return import(/* @vite-ignore */ /* webpackIgnore: true */ packages.libopus);
}

export function importMpg123(): Promise<typeof import("mpg123-decoder")> {
  return import(/* @vite-ignore */ /* webpackIgnore: true */ packages.mpg123);
}

export function importVorbis(): Promise<typeof import("@wasm-audio-decoders/ogg-vorbis")> {
  return import(/* @vite-ignore */ /* webpackIgnore: true */ packages.vorbis);
}
