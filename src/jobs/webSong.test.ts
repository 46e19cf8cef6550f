/** Songs from the web, and where they may not come from. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isPrivate, publicLookup } from "./addresses.ts";
import { digestOf } from "./digests.ts";
import { hasOpenssl, WebServer } from "./testing/webServer.ts";
import { askWeb } from "./webSong.ts";

describe("private addresses", () => {
  it("are told from public ones, however they are written", () => {
    for (const address of [
      ...["127.0.0.1", "10.1.2.3", "172.31.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1"],
      ...["0.0.0.0", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fd00::1", "ff02::1"],
      ...["::ffff:127.0.0.1", "::ffff:a00:1", "64:ff9b::7f00:1", "2002:7f00:1::", "no address"],
    ]) {
      expect(isPrivate(address), address).toBe(true);
    }
    for (const address of [
      "1.1.1.1",
      "172.32.0.1",
      "8.8.8.8",
      "2606:4700::1111",
      "::ffff:1.1.1.1",
    ]) {
      expect(isPrivate(address), address).toBe(false);
    }
  });

  it("are not looked up, whatever the name", async () => {
    const error = await new Promise((resolve) => publicLookup("localhost", { all: true }, resolve));
    expect(error).toMatchObject({ code: "not-allowed" });
  });
});

describe.skipIf(!hasOpenssl)("a song from the web", () => {
  let server: WebServer;
  let origin: string;
  beforeAll(async () => {
    server = await WebServer.start(({ url = "" }, response) => {
      const to = new URL(url, "https://here").searchParams.get("to");
      if (to !== null) response.writeHead(302, { location: to }).end();
      else if (url === "/song.wav") response.writeHead(200, { etag: '"v1"' }).end("a song");
      else response.writeHead(url === "/busy" ? 503 : 404).end();
    });
    origin = server.origin;
  });
  afterAll(() => server[Symbol.asyncDispose]());

  const ask = (path: string, hosts: readonly string[] = ["127.0.0.1"], privateHosts = true) =>
    askWeb(new URL(path, origin), "GET", { hosts, privateHosts });

  it("comes from allowed hosts", async () => {
    const { version, body } = await ask("/song.wav");
    expect(version).toBe('"v1"');
    expect((await digestOf(body)).bytes).toBe(6);
    await expect(ask("/none.wav")).rejects.toMatchObject({ code: "not-found" });
    await expect(ask("/busy")).rejects.toMatchObject({ code: "store-failed" });
  });

  it("comes from no others, from no private address, and by no redirect to one", async () => {
    const refused = { code: "not-allowed" };
    await expect(ask("/song.wav", [])).rejects.toMatchObject(refused);
    await expect(ask("/song.wav", ["*.0.0.1x"])).rejects.toMatchObject(refused);
    await expect(ask("/song.wav", ["127.0.0.1"], false)).rejects.toMatchObject(refused);
    const inwards = encodeURIComponent(`${origin}/song.wav`);
    for (const to of [
      inwards,
      inwards.replace("127.0.0.1", "localhost"),
      "/song.wav",
      "https://169.254.169.254/latest/meta-data",
      "https://[::ffff:127.0.0.1]/",
      "http://example.com/song.wav",
      "https://example.com/song.wav",
    ]) {
      const hosts = ["127.0.0.1", "localhost", "169.254.169.254", "[::ffff:7f00:1]"];
      await expect(ask(`/?to=${to}`, hosts), to).rejects.toMatchObject(refused);
    }
  });
});
