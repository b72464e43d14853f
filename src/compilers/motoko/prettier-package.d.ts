/** The parts of the formatter's packages that we load ourselves. */
declare module "prettier-plugin-motoko/lib/index.js" {
  const plugin: import("prettier").Plugin;
  export default plugin;
}

declare module "prettier-plugin-motoko/lib/wasm.js" {
  type SetWasm = (glue: unknown) => void;
  export const setWasm: SetWasm | undefined;
  const slot: { readonly setWasm: SetWasm };
  export default slot;
}

declare module "prettier-plugin-motoko/wasm/pkg/bundler/wasm_bg.js" {
  export function __wbg_set_wasm(exports: WebAssembly.Exports): void;
}
