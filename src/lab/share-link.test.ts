import { encode } from "cborg";
import { deflateSync, inflateSync } from "fflate";
import { expect, test } from "vitest";
import { concat } from "../base/bytes.ts";
import {
  crc32,
  decodeLink,
  encodeLink,
  FILES_MAX,
  isSafePath,
  LINK_PREFIX,
  type LinkFault,
} from "./share-link.ts";

/** A link made by hand: what a stranger or another program could send. */
function forge(value: unknown, packed = deflateSync(encode(value))): string {
  const sum = crc32(packed);
  const bytes = concat(Uint8Array.of(sum >>> 24, (sum >>> 16) & 255, (sum >>> 8) & 255, sum & 255), packed);
  return LINK_PREFIX + Buffer.from(bytes).toString("base64url");
}
async function fault(link: string): Promise<LinkFault | "none"> {
  const result = await decodeLink(link);
  return result.ok ? "none" : result.because;
}

const project = {
  files: { "main.mo": "persistent actor {}", "data/logo.bin": Uint8Array.of(0, 255, 7) },
  main: "main.mo",
  network: { nodes: 7 },
};

test("the checksum is CRC-32", () => expect(crc32(new TextEncoder().encode("123456789"))).toBe(0xcbf43926));

test("a link made in 2026 opens: the format is frozen", async () => {
  const golden = "#v1=2Nv_PluUkpuYmZcOIvRy81PTMnNSixfCuMUFqUXFmcUlqXklConJJflFCtW1AA";
  expect(await decodeLink(golden)).toEqual({
    ok: true,
    project: { files: { "main.mo": "persistent actor {}" }, main: "main.mo" },
  });
});

test("what we write, an independent unpacker reads", async () => {
  const link = await encodeLink(project);
  expect(link).toMatch(/^#v1=[A-Za-z0-9_-]+$/);
  const bytes = Buffer.from(link.slice(LINK_PREFIX.length), "base64url");
  expect(bytes.readUInt32BE(0)).toBe(crc32(bytes.subarray(4)));
  expect(inflateSync(bytes.subarray(4))).toEqual(encode(project));
});

test("a project survives, unknown keys included", async () => {
  const later = { ...project, lessons: { at: 3 } };
  expect(await decodeLink(await encodeLink(later))).toEqual({ ok: true, project: later });
});

test("what chat programs add at the end is dropped", async () => {
  const link = await encodeLink(project);
  for (const tail of [".", ")", "=", "==", " ", "). ", "%20"]) expect(await fault(link + tail)).toBe("none");
});

test("every damaged character is noticed", async () => {
  const link = await encodeLink({ files: { a: "hello hello" } });
  for (let i = LINK_PREFIX.length; i < link.length - 1; i++) {
    const other = link[i] === "A" ? "B" : "A";
    expect(await fault(link.slice(0, i) + other + link.slice(i + 1))).toBe("checksum-differs");
  }
  for (let i = LINK_PREFIX.length; i < link.length - 1; i++)
    expect(await fault(link.slice(0, i))).not.toBe("none");
  expect(await fault(`${link.slice(0, 20)}*${link.slice(21)}`)).toBe("not-base64url");
  expect(await fault("#v2=abc")).toBe("not-a-link");
});

test("a bomb is cut at 4 MiB", async () => {
  expect(await fault(forge(undefined, deflateSync(new Uint8Array(64 * 1024 * 1024))))).toBe("too-large");
  await expect(encodeLink({ files: { a: "x".repeat(5_000_000) } })).rejects.toThrow("4 MiB");
});

test("content that is no project is refused in words", async () => {
  const files = Object.fromEntries(Array.from({ length: FILES_MAX + 1 }, (_, i) => [`f${i}`, ""]));
  expect(await fault(forge({ files }))).toBe("too-many-files");
  expect(await fault(forge([1, 2]))).toBe("not-a-project");
  expect(await fault(forge({ files: {} }))).toBe("not-a-project");
  expect(await fault(forge({ files: { a: 1 } }))).toBe("not-a-project");
  expect(await fault(forge({ files: { a: "" }, main: "b" }))).toBe("not-a-project");
  expect(await fault(forge(undefined, Uint8Array.of(255, 255, 255)))).toBe("does-not-inflate");
  expect(await fault(forge(undefined, deflateSync(Uint8Array.of(0xff, 0xff))))).toBe("not-a-project");
});

test("no path leaves the project", async () => {
  const bad = [
    "../a",
    "a/../../b",
    "/etc/x",
    "a//b",
    "a/./b",
    "..",
    ".",
    "",
    "c:\\x",
    "a\\b",
    "a\0b",
    "http://x",
    "a/",
    "__proto__",
    "constructor",
    "hasOwnProperty",
  ];
  for (const path of bad) {
    expect(isSafePath(path), path).toBe(false);
    expect(await fault(forge({ files: { [path]: "" } })), path).toBe("bad-path");
  }
  for (const path of ["a", "src/main.mo", "..a", "a..b/c", "é/ß.mo"])
    expect(isSafePath(path), path).toBe(true);
});
