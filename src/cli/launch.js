/**
 * `node src/cli/launch.js ENTRY [arguments]`: plain JavaScript, so that a Node too old for TypeScript and for 64-bit
 * Wasm memories is told so in a sentence. On linux-x64 `npm ci` brings Node 24 along, first on the scripts' PATH.
 */
if (Number(process.versions.node.split(".")[0]) < 24) {
  process.stderr.write(
    `Terrarium needs Node 24 or newer to run Motoko's 64-bit Wasm, and this is ${process.version}. ` +
      "On linux-x64 `npm ci` brings one along; elsewhere install it from nodejs.org.\n",
  );
  process.exit(2);
}
const [entry] = process.argv.splice(2, 1);
await import(new URL(`../../${entry}.ts`, import.meta.url).href);
