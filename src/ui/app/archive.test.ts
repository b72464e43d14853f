import { strToU8, unzipSync, zipSync } from "fflate";
import { expect, test } from "vitest";
import { readArchive, zipAll, zipOf } from "./archive.ts";

const counter = {
  name: "My Counter",
  main: "main.mo",
  open: "README.md",
  files: { "main.mo": "persistent actor {}", "README.md": "ß", "lib/logo.wasm": Uint8Array.of(0, 97, 255) },
};
const projects = (name: string, bytes: Uint8Array) => {
  const read = readArchive(name, bytes);
  if (!read.ok) throw new Error(read.sentence);
  return read.projects;
};
const sentence = (bytes: Uint8Array) => {
  const read = readArchive("x.zip", bytes);
  return read.ok ? "taken" : read.sentence;
};

test("a project comes back from its zip, and other programs read it", () => {
  const zip = zipOf(counter);
  expect(Object.keys(unzipSync(zip)).toSorted()).toEqual(["README.md", "lib/logo.wasm", "main.mo"]);
  expect(projects("My Counter.zip", zip)).toEqual([
    { name: "My Counter", main: "main.mo", files: counter.files },
  ]);
});

test("everything comes back, namesakes too", () => {
  const other = { name: "my counter!", main: "a.wat", open: "a.wat", files: { "a.wat": "(module)" } };
  expect(projects("terrarium.zip", zipAll([counter, other]))).toEqual([counter, other]);
});

test("a zip of a folder loses the folder; hidden files and installed packages stay out", () => {
  const zip = zipSync({
    "proj/src/main.mo": strToU8("actor {}"),
    "proj/.git/config": strToU8("x"),
    "proj/node_modules/a/index.js": strToU8("x"),
  });
  expect(projects("proj.zip", zip)).toEqual([
    { name: "proj", main: "src/main.mo", files: { "src/main.mo": "actor {}" } },
  ]);
});

test("a hostile zip is refused in words, before it is unpacked", () => {
  expect(sentence(zipSync({ "../../etc/x": strToU8("a") }))).toContain("outside of itself");
  expect(sentence(zipSync({ "/etc/x": strToU8("a") }))).toContain("outside of itself");
  expect(sentence(zipSync({ "a.mo": new Uint8Array(65 * 1024 * 1024) }))).toContain("64 MiB");
  const many = Object.fromEntries(Array.from({ length: 2_001 }, (_, i) => [`f${i}`, new Uint8Array()]));
  expect(sentence(zipSync(many))).toContain("2000 files");
  expect(sentence(zipSync({}))).toContain("no files");
  expect(sentence(strToU8("not a zip"))).toContain("damaged");
});
