/** What a stem's file says about it. */
import type { AudioTags } from "../audio/tags.ts";
import type { OutputName } from "./outputs.ts";

/**
 * The song's tags, with the stem in the title: "Title (vocals)". A song without a title has none.
 * @param name of the stem or another output; `no_vocals` is "no vocals"
 */
export function stemTags(tags: AudioTags, name: OutputName): AudioTags {
  return tags.title === undefined
    ? tags
    : { ...tags, title: `${tags.title} (${name.replace("_", " ")})` };
}
