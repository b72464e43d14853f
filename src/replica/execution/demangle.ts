/**
 * Rust's names of functions as its compiler writes them into symbols until it moved on to "v0":
 * `_ZN4core9panicking9panic_fmt17h0123456789abcdefE` is `core::panicking::panic_fmt`. Names that are not of this form are
 * left as they are, those of v0 among them (DIVERGENCES).
 *
 * Source: the Rust compiler's documentation, "Symbol mangling", legacy scheme; what the crate rustc-demangle prints.
 */
export function demangled(symbol: string): string {
  const name = symbol.replace(/\.llvm\.[0-9A-F@]*$/, "");
  const prefix = /^_{0,2}ZN/.exec(name)?.[0];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII is what is asked for
  if (prefix === undefined || !/^[\x00-\x7f]*$/.test(name)) return symbol;
  const parts: string[] = [];
  let at = prefix.length;
  while (name[at] !== "E") {
    const digits = /^\d+/.exec(name.slice(at, at + 8))?.[0];
    if (digits === undefined) return symbol;
    const from = at + digits.length;
    at = from + Number(digits);
    if (at >= name.length) return symbol;
    parts.push(name.slice(from, at));
  }
  const suffix = name.slice(at + 1);
  if (suffix !== "" && !/^\.[!-~]*$/.test(suffix)) return symbol;
  if (/^h[0-9a-f]*$/i.test(parts.at(-1) ?? "")) parts.pop();
  return parts.map(unescaped).join("::") + suffix;
}

const ESCAPES: Readonly<Record<string, string>> = {
  SP: "@",
  BP: "*",
  RF: "&",
  LT: "<",
  GT: ">",
  LP: "(",
  RP: ")",
  C: ",",
};

/** `$LT$` and the like, `$u7b$` for a character by its number, `..` for `::`. What is none of them ends the reading. */
function unescaped(part: string): string {
  let rest = part.startsWith("_$") ? part.slice(1) : part;
  let out = "";
  while (rest !== "") {
    const dots = /^\.\.?/.exec(rest)?.[0];
    const sign = /^\$([^$]*)\$/.exec(rest);
    const plain = /^[^.$]+/.exec(rest)?.[0];
    if (dots !== undefined) {
      out += dots === ".." ? "::" : ".";
      rest = rest.slice(dots.length);
    } else if (plain !== undefined) {
      out += plain;
      rest = rest.slice(plain.length);
    } else {
      const character = sign && meaning(sign[1]!);
      if (!character) return out + rest;
      out += character;
      rest = rest.slice(sign[0].length);
    }
  }
  return out;
}

function meaning(sign: string): string | undefined {
  const code = /^u([0-9a-f]{1,6})$/.exec(sign)?.[1];
  if (code === undefined) return ESCAPES[sign];
  const number = Number.parseInt(code, 16);
  const isControl = number < 0x20 || (number >= 0x7f && number < 0xa0);
  const isScalar = number <= 0x10ffff && (number < 0xd800 || number > 0xdfff);
  return isScalar && !isControl ? String.fromCodePoint(number) : undefined;
}
