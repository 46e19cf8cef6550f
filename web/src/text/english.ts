/** Every text that the app shows. */
export const english = {
  title: "xumx-slicq",
} as const;
