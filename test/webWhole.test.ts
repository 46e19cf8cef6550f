/** The web app as users have it: served by the command's server, in Chromium, from a dropped file to a downloaded ZIP. */
import { readFileSync } from "node:fs";
import { unzipSync } from "fflate";
import { expect, it } from "vitest";
import { bytesOf, decodeAudio, readSamples } from "../src/audio/index.ts";
import { AppServer } from "../src/cli/appServer.ts";
import { loadModel } from "../src/models/index.ts";
import { targets } from "../src/networks/index.ts";
import { Separator } from "../src/separation/index.ts";
import { agreement } from "../src/testing/golden.ts";
import { executablePath, launch } from "./browser/chromium.ts";
import { songFile } from "./browser/engineSite.ts";
import { RATE, tone } from "./browser/use.ts";

const song = [tone(0, 2 * RATE), tone(1, 2 * RATE)];

it.skipIf(!executablePath || process.env.XUMX_ALL_TESTS !== "1")(
  "from a file to a ZIP with the stems of Node: 90 dB, and no request leaves the app's server",
  async () => {
    await using separator = await Separator.create(await loadModel());
    const expected = await separator.separate(song, { sampleRate: RATE });
    await using server = await AppServer.start(0);
    await using browser = await launch();
    const page = await browser.newPage();
    const requests: string[] = [];
    const said: string[] = [];
    page.on("request", (request) => requests.push(request.url()));
    page.on("console", (message) => said.push(message.text()));
    page.on("pageerror", (error) => said.push(String(error)));
    await page.addInitScript(() => Object.assign(globalThis, { showSaveFilePicker: undefined }));
    await page.goto(server.address);
    const file = await songFile("<b>song.wav", song, RATE, { title: "<i>Title</i>" });
    await page.locator("input[type=file]").first().setInputFiles(file);
    await page
      .getByRole("button", { name: /Export/ })
      .first()
      .click({ timeout: 90_000 });
    const dialog = page.locator("dialog[open]");
    await dialog.getByLabel("Format").selectOption("wav-float");
    const download = page.waitForEvent("download");
    await dialog.getByRole("button", { name: "Export" }).click();
    const zip = await download;
    expect(zip.suggestedFilename()).toBe("_b_song.zip");
    const entries = unzipSync(readFileSync(await zip.path()));
    for (const name of targets) {
      const source = await decodeAudio(bytesOf(entries[`_b_song (${name}).wav`], name));
      expect(source.tags.title).toBe(`<i>Title</i> (${name})`);
      const found = await readSamples(source);
      const decibels = agreement(
        expected[name].flatMap((channel) => [...channel]),
        found.flatMap((channel) => [...channel]),
      );
      console.log(`${name}: ${decibels.toFixed(1)} dB`);
      expect(decibels).toBeGreaterThan(90);
    }
    // Refusals of the policy would be printed.
    expect(said).toEqual([]);
    expect(
      requests.filter((url) => new URL(url).origin !== new URL(server.address).origin),
    ).toEqual([]);
  },
);
