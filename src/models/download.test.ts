/** Downloads from servers of every temper: the file is in the cache whole and right, or not at all. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { AbortError, ArgumentError, WeightsError } from "../errors.ts";
import { PrivateFolder } from "../files/index.ts";
import { leftoverIn } from "../files/testing/leftover.ts";
import { cachedPath } from "./cache.ts";
import {
  addressOf,
  type DownloadOptions,
  type DownloadProgress,
  downloadModel,
} from "./download.ts";
import { publishedHost, publishedModels } from "./registry.ts";
import {
  answering,
  type Behaviour,
  publishedAs,
  serving,
  someBytes,
  WeightServer,
} from "./testing/weightServer.ts";

const root = mkdtempSync(join(tmpdir(), "xumx download "));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const content = someBytes(300_000);
const model = publishedAs("größe", content);
let cache = "";
let path = "";

beforeEach(() => {
  cache = join(mkdtempSync(join(root, "c")), "models");
  path = cachedPath(model, cache);
  vi.unstubAllEnvs();
  // The machine's own proxies have no business here.
  for (const name of ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"])
    vi.stubEnv(name, "");
});

interface Outcome {
  readonly error: unknown;
  readonly progress: readonly DownloadProgress[];
}

async function download(host: string, options: DownloadOptions = {}): Promise<Outcome> {
  const progress: DownloadProgress[] = [];
  const error = await downloadModel(model, {
    cache,
    host,
    pauseSeconds: 0.01,
    stallSeconds: 10,
    onProgress: (step) => progress.push(step),
    ...options,
  }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return { error, progress };
}

/** All but the notes that a file was found right. */
const files = () =>
  existsSync(cache) ? readdirSync(cache).filter((name) => !name.endsWith(".checked")) : [];

/** The model is in the cache, and nothing else is. */
function expectWhole({ error }: Outcome): void {
  expect(error).toBeUndefined();
  expect(readFileSync(path).equals(content)).toBe(true);
  expect(files()).toHaveLength(1);
}

/** No model is in the cache, and at most so many bytes of one are. */
function expectNothing({ error }: Outcome, code: string, message: RegExp, kept = 0): void {
  expect(error).toBeInstanceOf(WeightsError);
  const { code: found, message: said, hint } = error as WeightsError;
  expect(`${found}: ${said}`).toMatch(new RegExp(`^${code}: .*größe`));
  expect(said).toMatch(message);
  expect(hint).toBeTruthy();
  expect(existsSync(path)).toBe(false);
  expect(files().every((name) => name === `${path.slice(cache.length + 1)}.part`)).toBe(true);
  expect(files()).toHaveLength(kept > 0 ? 1 : 0);
  if (kept > 0) expect(readFileSync(`${path}.part`).equals(content.subarray(0, kept))).toBe(true);
}

describe("a download that succeeds", () => {
  it("tells its steps, and is not repeated", async () => {
    await using server = await WeightServer.start(serving(content));
    const outcome = await download(server.host);
    expectWhole(outcome);
    expect(server.requests.map(({ url }) => url)).toEqual(["/a%20folder/gr%C3%B6%C3%9Fe.pth"]);
    const kinds = outcome.progress.map(({ kind }) => kind);
    expect(kinds.filter((kind, i) => kind !== kinds[i - 1])).toEqual([
      ...["start", "progress", "verify", "done"],
    ]);
    expect(outcome.progress.findLast(({ kind }) => kind === "progress")).toEqual({
      ...{ kind: "progress", received: content.length, total: content.length },
    });
    expectWhole(await download("http://127.0.0.1:1"));
  });

  it("needs no length", async () => {
    await using server = await WeightServer.start(serving(content, { unsized: true }));
    expectWhole(await download(server.host));
  });

  it("follows redirects, with the range that it wants", async () => {
    await using server = await WeightServer.start(
      answering(302, { location: "/other?a=b" }),
      serving(content, { cutAfter: 100_000 }),
      answering(307, { location: "/third" }),
      serving(content),
    );
    expectWhole(await download(`${server.host}/prefix`));
    expect(server.requests.map(({ url }) => url?.split("/").at(1))).toEqual([
      ...["prefix", "other?a=b", "prefix", "third"],
    ]);
    expect(server.ranges[3]).toMatch(/^bytes=\d+-$/);
  });

  it.each<[string, Behaviour[], (string | undefined)[]]>([
    ["a server error", [answering(500)], [undefined, undefined]],
    [
      "errors of several kinds",
      [answering(503, { "retry-after": "0" }), answering(429)],
      [undefined, undefined, undefined],
    ],
    [
      "a connection closed at once",
      [(request) => request.socket.destroy()],
      [undefined, undefined],
    ],
    ["a connection cut", [serving(content, { cutAfter: 100_000 })], [undefined, "bytes=100000-"]],
    [
      "several cuts, of a file that says its version",
      [
        serving(content, { cutAfter: 100_000, etag: '"a"' }),
        serving(content, { cutAfter: 50_000, etag: '"a"' }),
      ],
      [undefined, "bytes=100000-", "bytes=150000-"],
    ],
    [
      "a short answer without a length",
      [(_, response) => void response.write(content.subarray(0, 1000), () => response.end())],
      [undefined, "bytes=1000-"],
    ],
  ])("goes on after %s", async (_, behaviours, ranges) => {
    await using server = await WeightServer.start(...behaviours, serving(content, { etag: '"a"' }));
    const outcome = await download(server.host);
    expectWhole(outcome);
    expect(server.ranges).toEqual(ranges);
    expect(outcome.progress.filter(({ kind }) => kind === "retry")).toHaveLength(behaviours.length);
  });

  it("goes on after a stall", async () => {
    await using server = await WeightServer.start(
      serving(content, { silentAfter: 70_000 }),
      serving(content),
    );
    const outcome = await download(server.host, { stallSeconds: 0.3 });
    expectWhole(outcome);
    expect(server.ranges).toEqual([undefined, "bytes=70000-"]);
    expect(outcome.progress).toContainEqual(
      expect.objectContaining({ kind: "retry", reason: "nothing came for 0.3 s" }),
    );
  });

  it("gives up a server that sends a few bytes now and then, and keeps what came", async () => {
    await using server = await WeightServer.start(
      (_, response) => {
        let at = 0;
        const timer = setInterval(() => response.write(content.subarray(at, ++at)), 20);
        response.on("close", () => clearInterval(timer));
      },
      serving(content, { etag: '"a"' }),
    );
    const { error } = await download(server.host, { totalSeconds: 2 });
    expect(error).toMatchObject({
      code: "download-failed",
      message: expect.stringMatching(/größe.*it was not whole after 2 s\.$/),
      hint: expect.stringMatching(/kept for the next try/),
    });
    expectWhole(await download(server.host));
    expect(server.ranges).toEqual([undefined, expect.stringMatching(/^bytes=[1-9]\d*-$/)]);
  });

  it("starts again where a server knows no ranges, and where the file has changed", async () => {
    const other = someBytes(content.length, 2);
    for (const behaviours of [
      [serving(content, { cutAfter: 9000 }), (_, response) => void response.end(content)],
      // The version says it.
      [serving(other, { cutAfter: 9000, etag: '"a"' }), serving(content, { etag: '"b"' })],
      // Nothing but the checksum says it.
      [serving(other, { cutAfter: 9000 }), serving(content)],
      [serving(content, { cutAfter: 9000 }), answering(416), serving(content)],
      [
        serving(content, { cutAfter: 9000 }),
        answering(206, { "content-range": `bytes 1-99/${content.length}` }),
        serving(content),
      ],
    ] satisfies Behaviour[][]) {
      rmSync(cache, { recursive: true, force: true });
      await using server = await WeightServer.start(...behaviours);
      expectWhole(await download(server.host));
      expect(server.ranges[1]).toBe("bytes=9000-");
    }
  });
});

describe("a download that fails", () => {
  it.each<[string, Behaviour, string, RegExp, number]>([
    ["a missing file", answering(404), "download-failed", /127\.0\.0\.1:\d+ answers 404/, 0],
    ["a forbidden one", answering(403), "download-failed", /answers 403/, 0],
    [
      "a server that stays broken",
      answering(500),
      "download-failed",
      /after 3 tries.*answers 500/,
      0,
    ],
    [
      "a server that says nothing",
      () => {},
      "download-failed",
      /after 3 tries.*nothing came for 0\.3 s/,
      0,
    ],
    [
      "a connection that always stalls",
      serving(content, { silentAfter: 100 }),
      "download-failed",
      /nothing came/,
      300,
    ],
    [
      "a connection that is always cut",
      serving(content, { cutAfter: 100 }),
      "download-failed",
      /after 3 tries/,
      300,
    ],
    [
      "a redirect loop",
      answering(302, { location: "/again" }),
      "download-failed",
      /more than 10 redirects/,
      0,
    ],
    [
      "a redirect to no web address",
      answering(301, { location: "file:///etc/passwd" }),
      "download-failed",
      /redirect to "file:/,
      0,
    ],
    ["a redirect to nowhere", answering(301), "download-failed", /answers 301/, 0],
    [
      "another file of this size",
      serving(someBytes(content.length, 3)),
      "checksum-mismatch",
      /checksum/,
      0,
    ],
    [
      "a login page",
      answering(200, { "content-type": "text/html; charset=utf-8" }),
      "download-failed",
      /a web page came/,
      0,
    ],
    [
      "a page of known size",
      serving(Buffer.from("<html>")),
      "checksum-mismatch",
      /it has 6 bytes, the published one 300000/,
      0,
    ],
    [
      "a file that does not end",
      serving(someBytes(900_000), { unsized: true }),
      "checksum-mismatch",
      /more than the 300000 bytes/,
      0,
    ],
  ])("by %s leaves no file and says what to do", async (_, behaviour, code, message, kept) => {
    await using server = await WeightServer.start(behaviour);
    const outcome = await download(server.host, { tries: 3, stallSeconds: 0.3 });
    expectNothing(outcome, code, message, kept);
  });

  it("asks for a missing file once, and for a broken one as often as allowed", async () => {
    await using missing = await WeightServer.start(answering(404));
    await download(missing.host);
    expect(missing.requests).toHaveLength(1);
    await using broken = await WeightServer.start(answering(502));
    await download(broken.host, { tries: 4 });
    expect(broken.requests).toHaveLength(4);
  });

  it("without a network says so at once, with the address and the place of the file", async () => {
    const outcome = await download("http://127.0.0.1:1/");
    expectNothing(outcome, "download-failed", /ECONNREFUSED/);
    expect(outcome.progress.map(({ kind }) => kind)).toEqual(["start"]);
    const { hint } = outcome.error as WeightsError;
    expect(hint).toContain(path);
    expect(hint).toMatch(/HTTPS_PROXY/);
    expectNothing(
      await download("http://nowhere.invalid/"),
      "download-failed",
      /ENOTFOUND|EAI_AGAIN/,
    );
  });

  it("keeps what arrived for the next call", async () => {
    await using server = await WeightServer.start(
      serving(content, { cutAfter: 123_456 }),
      serving(content),
    );
    expectNothing(await download(server.host, { tries: 1 }), "download-failed", /./, 123_456);
    const outcome = await download(server.host);
    expectWhole(outcome);
    expect(server.ranges).toEqual([undefined, "bytes=123456-"]);
    expect(outcome.progress[0]).toMatchObject({ kind: "start", received: 123_456 });
  });

  it("throws away what an earlier call kept if it proves wrong", async () => {
    await using server = await WeightServer.start(serving(content));
    for (const left of [someBytes(1000, 7), someBytes(content.length, 7), someBytes(400_000)]) {
      rmSync(cache, { recursive: true, force: true });
      expectNothing(await download("http://127.0.0.1:1"), "download-failed", /./);
      mkdirSync(cache, { recursive: true });
      writeFileSync(`${path}.part`, left);
      expectWhole(await download(server.host));
    }
  });

  it("says that the cache cannot be written", async () => {
    await using server = await WeightServer.start(serving(content));
    const file = join(root, "file");
    writeFileSync(file, "");
    cache = join(file, "models");
    const { error } = await download(server.host);
    expect(error).toMatchObject({
      code: "unwritable",
      hint: expect.stringMatching(/XUMX_SLICQ_CACHE/),
    });
    expect(server.requests).toHaveLength(0);
  });

  it.skipIf(!existsSync("/dev/full"))("says that the disk is full", async () => {
    await using server = await WeightServer.start(serving(content));
    const { PartialDownload } = await import("./partialDownload.ts");
    const append = vi
      .spyOn(PartialDownload.prototype, "append")
      .mockImplementation(async (bytes) => {
        const { writeFile } = await import("node:fs/promises");
        await writeFile("/dev/full", bytes);
      });
    try {
      const { error } = await download(server.host);
      expect(error).toMatchObject({ code: "unwritable", message: expect.stringMatching(/ENOSPC/) });
      expect(files()).toEqual([]);
    } finally {
      append.mockRestore();
    }
  });

  it("refuses senseless options", async () => {
    for (const options of [
      { tries: 0 },
      { stallSeconds: 0 },
      { totalSeconds: 0 },
      { stallSeconds: 1e4 },
      { host: "ftp://x" },
      { host: "mirror" },
    ]) {
      expect((await download("http://127.0.0.1:1", options)).error).toBeInstanceOf(ArgumentError);
    }
  });
});

describe("a password in the host's address", () => {
  it("is told nowhere: not as work goes on, nor in errors and hints", async () => {
    await using server = await WeightServer.start(
      serving(content, { cutAfter: 150_000 }),
      serving(content),
      serving(someBytes(content.length, 7)),
    );
    const host = server.host.replace("http://", "http://someone:s3cret@");
    const told: unknown[] = [];
    const outcome = await download(host);
    expectWhole(outcome);
    told.push(outcome.progress);
    rmSync(cache, { recursive: true, force: true });
    told.push((await download(host)).error);
    for (const bad of ["http://someone:s3cret@127.0.0.1:1", "ftp://someone:s3cret@x"]) {
      told.push((await download(bad, { tries: 2 })).error);
    }
    const { findModel } = await import("./load.ts");
    told.push(
      await findModel(model.name, { published: [model], cache, host, offline: true }).catch(
        (error: unknown) => error,
      ),
    );
    expect(told).toHaveLength(5);
    for (const one of told) {
      const text =
        one instanceof WeightsError || one instanceof ArgumentError
          ? `${one.message} ${one.hint}`
          : JSON.stringify(one);
      expect(text).not.toMatch(/s3cret|someone/);
    }
  });
});

describe("an abort", () => {
  it.each(["before", "start", "progress", "retry", "verify"] as const)(
    "at %s leaves no file, and the next call succeeds",
    async (when) => {
      await using server = await WeightServer.start(
        serving(content, { cutAfter: 150_000 }),
        serving(content),
      );
      const controller = new AbortController();
      if (when === "before") controller.abort();
      const outcome = await download(server.host, {
        signal: controller.signal,
        onProgress: ({ kind }) => kind === when && controller.abort(),
      });
      expect(outcome.error).toBeInstanceOf(AbortError);
      expect(existsSync(path)).toBe(false);
      expectWhole(await download(server.host));
    },
  );

  it("ends a connection on which nothing comes", async () => {
    await using server = await WeightServer.start(() => {});
    const signal = AbortSignal.timeout(100);
    expect((await download(server.host, { signal })).error).toBeInstanceOf(AbortError);
    expect(files()).toEqual([]);
  });
});

describe("downloads at once", () => {
  it("do not disturb each other", async () => {
    await using server = await WeightServer.start(
      ...[80_000, 160_000, 240_000].map((cutAfter) => serving(content, { cutAfter })),
      serving(content),
    );
    const outcomes = await Promise.all(Array.from({ length: 6 }, () => download(server.host)));
    for (const outcome of outcomes) expectWhole(outcome);
  });

  it("take over what a killed program left, but not what a living one writes", async () => {
    await using server = await WeightServer.start(serving(content));
    const living = await PrivateFolder.create(cache);
    const file = basename(path);
    writeFileSync(join(living.path, file), content.subarray(0, 9000));
    const killed = leftoverIn(cache);
    writeFileSync(join(killed, file), content.subarray(0, 5000));
    const { error } = await download(server.host);
    expect(error).toBeUndefined();
    expect(server.ranges).toEqual(["bytes=5000-"]);
    expect(files().sort()).toEqual([basename(living.path), file].sort());
    await living[Symbol.asyncDispose]();
  });
});

describe("a proxy", () => {
  async function proxied(use: (proxy: string, seen: string[]) => Promise<void>): Promise<void> {
    const seen: string[] = [];
    const proxy = createServer((request, response) => {
      seen.push(`${request.method} ${request.url}`);
      response.writeHead(502).end();
    });
    proxy.on("connect", (request, socket) => {
      seen.push(`CONNECT ${request.url}`);
      const [host, port] = (request.url ?? "").split(":");
      const upstream = connect(Number(port), host, () => {
        socket.write("HTTP/1.1 200 OK\r\n\r\n");
        upstream.pipe(socket).pipe(upstream);
      });
      socket.on("error", () => upstream.destroy());
      upstream.on("error", () => socket.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    const { port } = proxy.address() as AddressInfo;
    await use(`http://127.0.0.1:${port}`, seen);
    proxy.closeAllConnections();
    await new Promise((resolve) => proxy.close(resolve));
  }

  it("is used where HTTP_PROXY names one, but not for hosts of NO_PROXY", async () => {
    await proxied(async (proxy, seen) => {
      await using server = await WeightServer.start(serving(content));
      vi.stubEnv("http_proxy", proxy);
      vi.stubEnv("NO_PROXY", "127.0.0.1");
      vi.stubEnv("no_proxy", "127.0.0.1");
      expectWhole(await download(server.host));
      expect(seen).toEqual([]);
      rmSync(cache, { recursive: true });
      vi.stubEnv("NO_PROXY", "");
      vi.stubEnv("no_proxy", "");
      expectWhole(await download(server.host));
      expect(seen).toEqual([`CONNECT ${new URL(server.host).host}`]);
    });
  });

  it.each(["127.0.0.1:1", "http://"])("%s is no address", async (proxy) => {
    vi.stubEnv("http_proxy", proxy);
    vi.stubEnv("no_proxy", "");
    vi.stubEnv("NO_PROXY", "");
    const outcome = await download("http://127.0.0.1:2");
    expectNothing(outcome, "download-failed", /HTTP_PROXY or HTTPS_PROXY is no address/);
  });
});

describe("the address", () => {
  it("is the publisher's, with XUMX_SLICQ_MODEL_HOST in its place if that is set", () => {
    const [v2] = publishedModels;
    expect(addressOf(v2).href).toBe(`${publishedHost}pretrained_model/xumx_slicq_v2.pth`);
    for (const mirror of ["https://mirror.example/x", "https://mirror.example/x/"]) {
      vi.stubEnv("XUMX_SLICQ_MODEL_HOST", mirror);
      expect(addressOf(v2).href).toBe(
        "https://mirror.example/x/pretrained_model/xumx_slicq_v2.pth",
      );
    }
  });

  it("never leads from https to http", async () => {
    // A server with a certificate would be needed to see it happen; the rule itself is a function of addresses.
    const { nextAddress } = await import("./fileRequest.ts");
    const secure = new URL("https://a.example/b");
    expect(() => nextAddress(secure, "http://a.example/b")).toThrow(/not safe/);
    expect(nextAddress(secure, "/c").href).toBe("https://a.example/c");
    expect(nextAddress(new URL("http://a.example/b"), "https://b.example/").href).toBe(
      "https://b.example/",
    );
  });
});
