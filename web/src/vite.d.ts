/** What Vite makes of an import. */
declare module "*?worker&url" {
  /** The address of the module, built into one file. */
  const address: string;
  export default address;
}
