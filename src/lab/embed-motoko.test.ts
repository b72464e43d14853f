import fc from "fast-check";
import { expect, test } from "vitest";
import { embedMotokoLink, readEmbedMotokoLink } from "./embed-motoko.ts";

// From the tests of Embed Motoko (embedLinkService.spec.ts): its page made this link of "// TEST".
const THEIRS = "/motoko/gFtqc6mAnLA8fhVT6knkjrY";

test("a link that Embed Motoko made is read, whatever stands around its path", async () => {
  for (const link of [
    THEIRS,
    `https://embed.motoko.org${THEIRS}`,
    `  https://x.test${THEIRS}?lines=20#here\n`,
  ])
    expect(await readEmbedMotokoLink(link)).toEqual({ ok: true, code: "// TEST\n" });
});

test("any code comes back from its own link, with one line end", async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: "grapheme", minLength: 1, maxLength: 300 }), async (code) => {
      const link = (await embedMotokoLink(code))!;
      expect(link.startsWith("https://embed.motoko.org/motoko/g")).toBe(true);
      expect(await readEmbedMotokoLink(link)).toEqual({ ok: true, code: `${code.trim()}\n` });
    }),
    { numRuns: 40 },
  );
});

test.each([
  ["https://example.org/", "no Embed Motoko link"],
  ["/motoko/tabc", "format “t”"],
  ["/motoko/g0OIl", "characters that such a link never has"],
  ["/motoko/g", "cannot be unpacked"],
  [THEIRS.slice(0, -3), "cannot be unpacked"],
  [`/motoko/g${"2".repeat(20_001)}`, "20,001 characters"],
])("%s is refused in words", async (link, words) => {
  const read = await readEmbedMotokoLink(link);
  expect(read).toMatchObject({ ok: false, sentence: expect.stringContaining(words) });
});

test("code that unpacks without end is cut", async () => {
  const link = (await embedMotokoLink(`x${"\u0000".repeat(1_000_000)}x`))!;
  expect(await readEmbedMotokoLink(link)).toMatchObject({
    ok: false,
    sentence: expect.stringContaining("256 KiB"),
  });
});

test("code too long for a link gets none", async () => {
  const noise = Array.from({ length: 30_000 }, (_, i) => ((i * 2_654_435_761) >>> 0).toString(36)).join("");
  expect(await embedMotokoLink(noise)).toBeUndefined();
});
