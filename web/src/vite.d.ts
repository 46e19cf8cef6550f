/** What Vite makes of an import. */
declare module "*?worker&url" {
  /** The address of the module, built into one file. */
  const address: string;
  export default address;
}

/** A style sheet, which becomes a file of the site. */
declare module "*.css";
