/** `ic/principal`: names of users and canisters. Source: interface, "Textual representation of principals". */
export const PRINCIPAL = `
import { Bytes, PRINCIPAL, Reader, Types } from "./candid";
import { trap } from "./system";

const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";
const BYTES_MAX = 29;

function crc32(bytes: Uint8Array): u32 {
  let crc: u32 = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) {
    crc ^= <u32>bytes[i];
    for (let bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (crc & 1 ? <u32>0xedb88320 : 0);
  }
  return ~crc;
}

/** The name of a user or a canister: at most 29 bytes. */
export class Principal {
  constructor(public bytes: Uint8Array) {}

  static anonymous(): Principal {
    const bytes = new Uint8Array(1);
    bytes[0] = 4;
    return new Principal(bytes);
  }

  /** The management canister, aaaaa-aa. */
  static management(): Principal { return new Principal(new Uint8Array(0)); }

  /** From what toString writes. Traps on anything else, a wrong checksum too. */
  static fromString(text: string): Principal {
    const bytes: u8[] = [];
    let held: u32 = 0;
    let bits = 0;
    for (let i = 0; i < text.length; i++) {
      const letter = text.charAt(i);
      if (letter == "-") continue;
      const value = ALPHABET.indexOf(letter);
      if (value < 0) trap('"' + text + '" is no principal');
      held = (held << 5) | value;
      bits += 5;
      if (bits < 8) continue;
      bits -= 8;
      bytes.push(<u8>(held >> bits));
    }
    const id = new Uint8Array(max(0, bytes.length - 4));
    for (let i = 0; i < id.length; i++) id[i] = bytes[i + 4];
    const principal = new Principal(id);
    if (bytes.length < 4 || id.length > BYTES_MAX || principal.toString() != text) trap('"' + text + '" is no principal');
    return principal;
  }

  get isAnonymous(): bool { return this.bytes.length == 1 && this.bytes[0] == 4; }

  /** As people write it: checksum and bytes in base 32, five letters a group. */
  toString(): string {
    const crc = crc32(this.bytes);
    let text = "";
    let letters = 0;
    let held: u32 = 0;
    let bits = 0;
    for (let i = -4; i < this.bytes.length; i++) {
      const byte: u32 = i < 0 ? (crc >> (-8 * (i + 1))) & 0xff : <u32>this.bytes[i];
      held = (held << 8) | byte;
      bits += 8;
      while (bits >= 5) {
        bits -= 5;
        if (letters > 0 && letters % 5 == 0) text += "-";
        text += ALPHABET.charAt((held >> bits) & 31);
        letters++;
      }
      held &= (1 << bits) - 1;
    }
    if (bits > 0) {
      if (letters % 5 == 0) text += "-";
      text += ALPHABET.charAt((held << (5 - bits)) & 31);
    }
    return text;
  }

  @operator("==") static equal(a: Principal, b: Principal): bool {
    if (a.bytes.length != b.bytes.length) return false;
    return memory.compare(a.bytes.dataStart, b.bytes.dataStart, a.bytes.length) == 0;
  }

  @operator("!=") static unequal(a: Principal, b: Principal): bool { return !(a == b); }

  __icType(types: Types): i32 { return PRINCIPAL; }
  __icEncode(out: Bytes): void { out.byte(1); out.sized(this.bytes); }
  __icAccepts(from: Reader, type: i32): bool { return from.is(type, PRINCIPAL); }
  __icDecode(from: Reader, type: i32): Principal { return new Principal(from.principal()); }
}
`;
