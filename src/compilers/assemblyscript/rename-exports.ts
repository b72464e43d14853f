/**
 * Gives exports of a Wasm module their IC names. AssemblyScript cannot name an export with a space, and every method of
 * a canister has one: `canister_update inc`.
 */
import { concat, utf8, utf8Lossy } from "../../base/bytes.ts";
import { type Decoded, decoded, undecodable } from "../../base/decoded.ts";
import { encodeLeb } from "../../codec/leb128.ts";
import {
  EXPORT_SECTION,
  readSections,
  readU32,
  readVector,
  type Section,
  writeSections,
  writeVector,
} from "../wasm-sections.ts";

/** Renames where `names` has a new name and leaves all else; `added` sections go to the end. */
export function renameExports(
  wasm: Uint8Array,
  names: ReadonlyMap<string, string>,
  added: readonly Section[] = [],
): Decoded<Uint8Array> {
  const sections = readSections(wasm);
  if (!sections.ok) return sections;
  const out: Section[] = [];
  for (const section of sections.value) {
    if (section.id !== EXPORT_SECTION) {
      out.push(section);
      continue;
    }
    const payload = renamed(section.payload, names);
    if (!payload.ok) return payload;
    out.push({ id: section.id, payload: payload.value });
  }
  return decoded(writeSections([...out, ...added]));
}

/** An export section: a count, then each time a name, a kind (one byte) and an index. */
function renamed(payload: Uint8Array, names: ReadonlyMap<string, string>): Decoded<Uint8Array> {
  const count = readU32(payload, 0);
  if (!count.ok) return count;
  const parts: Uint8Array[] = [encodeLeb(count.value.value)];
  let at = count.value.next;
  for (let i = 0; i < count.value.value; i++) {
    const name = readVector(payload, at);
    if (!name.ok) return name;
    const kindAt = name.value.next;
    const index = readU32(payload, kindAt + 1);
    if (!index.ok) return index;
    const now = names.get(utf8Lossy(name.value.value));
    parts.push(
      writeVector(now === undefined ? name.value.value : utf8(now)),
      payload.subarray(kindAt, index.value.next),
    );
    at = index.value.next;
  }
  if (at !== payload.length)
    return undecodable(`${payload.length - at} bytes left over in the export section`);
  return decoded(concat(...parts));
}
