/** X-UMX's network. */
export { xumxName } from "./family.ts";
export type { XumxSettings } from "./settings.ts";
