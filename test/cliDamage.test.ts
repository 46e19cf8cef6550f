/** Files with faults, separated by the command: what is said as text and as JSON, and how it ends. */
import { spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { flacFixtures } from "../src/audio/testing/signals.ts";
import { fixturesDir } from "../src/testing/golden.ts";
import { CommandLine } from "./testing/commandLine.ts";

const cli = new CommandLine();
const hasFfmpeg = spawnSync("ffmpeg", ["-version"]).status === 0;
const one = ["--stems", "bass"];
const caseFile = (name: string) => `${fixturesDir}cases/${name}`;

/** Events of a run with --json. */
const eventsOf = (stdout: string) =>
  stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

const flaws = [
  ["wav_stale_header_third_of_samples.wav", "wrong-length", 39690],
  ["mp3_crlf_at_end.mp3", "unread", 133632],
] as const;
const paths = flaws.map(([name]) => caseFile(name));

/** A song with a hole, in the folder of the run. */
async function brokenSong(): Promise<string> {
  const { bytes } = flacFixtures.stereo16;
  const broken = bytes.slice();
  broken[bytes.length >> 1] ^= 0x40;
  await writeFile(join(cli.folder, "broken.flac"), broken);
  return "broken.flac";
}

it("flaws at the edges are passed over with a notice; a hole is an error that says where", async () => {
  const { code, stdout, stderr } = await cli.run(await brokenSong(), ...paths, ...one, "--json");
  expect(code).toBe(1);
  const events = eventsOf(stdout);
  for (const [name, kind, frames] of flaws) {
    const done = events.find(
      ({ event, input }) => event === "song-done" && input === caseFile(name),
    );
    expect(done.files[0].frames).toBe(frames);
    expect(done.sourceNotices).toMatchObject([{ kind }]);
  }
  const failed = events.find(({ event }) => event === "song-failed");
  expect(failed.message).toMatch(/broken\.flac is damaged: .*\(byte \d+\) at 0\.\d+ s/);
  expect(stderr).not.toMatch(/^\s+at /m);
});

it("with --damaged a hole is silence, each with a note; with --strict every flaw is refused", async () => {
  const song = await brokenSong();
  const strictly = await cli.run(song, ...paths, ...one, "--strict");
  expect(strictly.code).toBe(1);
  expect(strictly.stderr).toMatch(/0 separated, 3 failed/);
  const { code, stderr } = await cli.run(song, ...paths, ...one, "--damaged");
  expect(code).toBe(0);
  expect(stderr.match(/^note: .*$/gm)).toHaveLength(3);
  expect(stderr).toMatch(/^note: broken\.flac: .* 0\.09 s of silence stand for it\.$/m);
});

it.skipIf(!hasFfmpeg)("of a film's tracks --track takes one, and it is told which", async () => {
  const film = caseFile("mkv_two_audio_tracks_second_is_default.mkv");
  const args = ["--json", "--duration", "0.5", "--track", "1"];
  const { code, stdout } = await cli.run(film, ...one, ...args);
  expect(code).toBe(0);
  const done = eventsOf(stdout).find(({ event }) => event === "song-done");
  expect(done.sourceNotices).toMatchObject([{ kind: "several-tracks", chosen: 1 }]);
});
