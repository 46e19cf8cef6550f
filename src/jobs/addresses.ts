/** Which addresses of the network are private: those that a stranger could only mean through us. */
import { lookup as resolve } from "node:dns";
import { BlockList, isIP, type LookupFunction } from "node:net";
import { JobError } from "../errors.ts";

/** RFC 6890: this host and network, private use, shared, link-local (cloud metadata), tests, multicast, reserved. */
const v4: readonly (readonly [string, number])[] = [
  ...([
    ["0.0.0.0", 8],
    ["10.0.0.0", 8],
    ["100.64.0.0", 10],
    ["127.0.0.0", 8],
  ] as const),
  ...([
    ["169.254.0.0", 16],
    ["172.16.0.0", 12],
    ["192.0.0.0", 24],
    ["192.0.2.0", 24],
  ] as const),
  ...([
    ["192.88.99.0", 24],
    ["192.168.0.0", 16],
    ["198.18.0.0", 15],
  ] as const),
  ...([
    ["198.51.100.0", 24],
    ["203.0.113.0", 24],
    ["224.0.0.0", 4],
    ["240.0.0.0", 4],
  ] as const),
];

/** The same; and what carries an address of the old kind within it (NAT64, 6to4, Teredo). */
const v6: readonly (readonly [string, number])[] = [
  ...([
    ["::", 128],
    ["::1", 128],
    ["64:ff9b::", 96],
    ["64:ff9b:1::", 48],
    ["100::", 64],
  ] as const),
  ...([
    ["2001::", 23],
    ["2001:db8::", 32],
    ["2002::", 16],
    ["fc00::", 7],
  ] as const),
  ...([
    ["fe80::", 10],
    ["fec0::", 10],
    ["ff00::", 8],
  ] as const),
];

const blocked = new BlockList();
for (const [network, bits] of v4) blocked.addSubnet(network, bits, "ipv4");
for (const [network, bits] of v6) blocked.addSubnet(network, bits, "ipv6");

/** Whether an address leads to this machine, its network, or nowhere that is public. */
export function isPrivate(address: string): boolean {
  const family = isIP(address);
  // An address of the old kind in the new kind's form is looked up as what it is.
  return family === 0 || blocked.check(address, family === 6 ? "ipv6" : "ipv4");
}

/** The host of an address without the brackets of the new kind. */
export function bareHost(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, "");
}

/** @throws {JobError} "not-allowed" if the host is a private address, rather than a name. */
export function checkLiteral(url: URL): void {
  const host = bareHost(url);
  if (isIP(host) && isPrivate(host)) throw refused(host, host);
}

/**
 * Resolves names to public addresses alone, for connections: what was checked is what is connected to, however the name
 * is answered next time.
 */
export const publicLookup: LookupFunction = (host, options, done) => {
  resolve(host, { ...options, all: true }, (error, addresses) => {
    const found = addresses ?? [];
    const bad = found.find(({ address }) => isPrivate(address));
    if (error) return done(error, "");
    if (bad) return done(refused(host, bad.address), "");
    if (options.all) return done(null, found);
    done(null, found[0].address, found[0].family);
  });
};

function refused(host: string, address: string): JobError {
  return new JobError(
    "not-allowed",
    `${host} leads to the private address ${address}.`,
    "Songs are not fetched from there; workers started with --allow-private may, but not by a redirect.",
  );
}
