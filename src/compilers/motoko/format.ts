/**
 * Motoko in its usual form, by Prettier with the language's own plugin (1.1 MB, once a thread, for who formats).
 *
 * The plugin's entry for browsers imports its Wasm as a module, which not every host can; we hand it over ourselves.
 */
import type { SupportOptions } from "prettier";

type Format = (text: string) => Promise<string>;

let loading: Promise<Format> | undefined;

/** Undefined where the text has a mistake that hides its structure. */
export async function formatMotoko(text: string): Promise<string | undefined> {
  loading ??= load();
  const format = await loading;
  try {
    return await format(text);
  } catch {
    return undefined;
  }
}

async function load(): Promise<Format> {
  const [prettier, plugin, slot, glue, wasm] = await Promise.all([
    import("prettier/standalone"),
    import("prettier-plugin-motoko/lib/index.js"),
    import("prettier-plugin-motoko/lib/wasm.js"),
    import("prettier-plugin-motoko/wasm/pkg/bundler/wasm_bg.js"),
    import("prettier-plugin-motoko/wasm/pkg/bundler/wasm_bg.wasm?url&inline"),
  ]);
  const encoded = wasm.default.slice(wasm.default.indexOf(",") + 1);
  const bytes = Uint8Array.from(atob(encoded), (c) => c.charCodeAt(0));
  const { instance } = await WebAssembly.instantiate(bytes, {
    "./wasm_bg.js": glue as unknown as WebAssembly.ModuleImports,
  });
  glue.__wbg_set_wasm(instance.exports);
  (instance.exports.__wbindgen_start as () => void)();
  // Bundlers and Node see its one CommonJS module in two ways.
  (slot.setWasm ?? slot.default.setWasm)(glue);
  const motoko = { ...plugin.default, options: { ...plugin.default.options, ...OPTIONS } };
  return (text) =>
    prettier.format(text, {
      parser: "motoko-tt-parse",
      plugins: [motoko],
      printWidth: 100,
      tabWidth: 2,
    });
}

/** Options of Prettier's own languages, which are not loaded; the plugin reads them all the same. */
const OPTIONS: SupportOptions = {
  semi: { type: "boolean", category: "Common", default: true, description: "" },
  bracketSpacing: { type: "boolean", category: "Common", default: true, description: "" },
};
