/** Links made earlier open for ever: the texts below are committed, and no change of ours may refuse or misread one. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { linkLength, TYPICAL_MAX } from "../../src/cli/bench/links.ts";
import { readExample } from "../../src/cli/prebuild.ts";
import { readContents } from "../../src/lab/link-contents.ts";
import { decodeLink } from "../../src/lab/share-link.ts";

interface Golden {
  readonly what: string;
  readonly link: string;
  /** SHA-256 by path. */
  readonly files: Readonly<Record<string, string>>;
  /** The other keys; bytes as `{ hex }`. */
  readonly asked: Readonly<Record<string, unknown>>;
}
const { links } = JSON.parse(readFileSync("tests/vectors/golden-links.json", "utf8")) as { links: Golden[] };

const inJson = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_key, v) =>
      v instanceof Uint8Array ? { hex: Buffer.from(v).toString("hex") } : v,
    ),
  );

describe("v1 links", () => {
  test.each(links)("$what", async ({ link, files, asked }) => {
    const opened = await decodeLink(link);
    if (!opened.ok) throw new Error(opened.sentence);
    const { files: found, ...rest } = opened.project;
    const hashes = Object.entries(found).map(([path, c]) => [
      path,
      createHash("sha256").update(c).digest("hex"),
    ]);
    expect(Object.fromEntries(hashes)).toEqual(files);
    expect(inJson(rest)).toEqual(asked);
    expect(readContents(opened.project).leftOut).toEqual([]);
  });
});

test("a typical example is a link of at most 2,000 characters", async () => {
  const examples = readdirSync("examples").map(readExample);
  const lengths = (await Promise.all(examples.map((e) => linkLength({ ...e.manifest, ...e })))).toSorted(
    (a, b) => a - b,
  );
  expect(lengths[Math.floor(lengths.length / 2)]).toBeLessThanOrEqual(TYPICAL_MAX);
});
