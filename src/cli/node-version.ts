/** memory64, which Motoko's modules need, works from Node 24 on. The pinned binary is first on npm's PATH. */
export function requireNode24(): void {
  const major = Number(process.versions.node.split(".")[0]);
  if (major >= 24) return;
  process.stderr.write(
    `Terrarium needs Node 24 or newer to run Motoko's 64-bit Wasm, and this is ${process.version}. ` +
      "On linux-x64 `npm ci` brings one along; elsewhere install it from nodejs.org.\n",
  );
  process.exit(2);
}
