/** Every figure we claim, by one command: `npm run bench -- <name> [key=value…]`. */
const [name = "demix", ...settings] = process.argv.slice(2);
const options = Object.fromEntries(
  settings.map((setting) => {
    const [key, value] = setting.split("=");
    return [key, Number.isNaN(Number(value)) ? value : Number(value)];
  }),
);
const { run } = await import(`./${name}.mjs`);
await run(options);
