/**
 * Rules that the core must not lose: `npm run simulate -- --without NAME` loads it with one of them taken out, and some
 * seed must turn red (tests/simulation/red-list.test.ts). A row is the file, the text that is the rule, found there
 * exactly once, and what stands in its place.
 */
import { registerHooks } from "node:module";

interface Rule {
  readonly file: string;
  readonly text: string;
  readonly instead?: string;
}

export const RULES: Readonly<Record<string, Rule>> = {
  F2: {
    file: "src/replica/consensus/finalizer.ts",
    text: 'if (mine.some((s) => s.content.block !== block.hash)) return refuse("notarized-another-block");',
  },
  N4: {
    file: "src/replica/consensus/notary.ts",
    text: 'if (mine.some((s) => rankOf(pool, height, s.content.block) === rank)) return refuse("already-signed"); // N4',
  },
  "persist-then-speak": {
    file: "src/replica/replica.ts",
    text: 'if (!isEmpty) effects.unshift({ kind: "persist", batch });',
    instead: 'if (!isEmpty) effects.push({ kind: "persist", batch });',
  },
  "catch-up-signature": {
    file: "src/replica/consensus/validator.ts",
    text: 'const good = crypto.verifyThreshold("high", signedBytes.catchUpPackage(content), signature);',
    instead: "const good = true;",
  },
  "part-verification": {
    file: "src/replica/state-sync/state-sync.ts",
    text: "const hash = toHex(sha256(bytes)); // Y1",
    instead: 'const hash = [...r.wanted][0] ?? "";',
  },
  "ingress-dedup": {
    file: "src/replica/ingress/payload-builder.ts",
    text: "if (this.#ids.has(id) || this.#world.past.has(id) || state.ingressHistory.has(id))",
    instead: "if (false)",
  },
};

/** To be called before the core is imported. */
export function takeOut(name: string): void {
  const rule = RULES[name];
  if (rule === undefined) throw new Error(`There is no rule ${name}.`);
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      if (!url.endsWith(`/${rule.file}`)) return loaded;
      const parts = String(loaded.source).split(rule.text);
      if (parts.length !== 2)
        throw new Error(`${rule.file} holds the text of rule ${name} ${parts.length - 1} times, not once.`);
      return { ...loaded, source: parts.join(rule.instead ?? "") };
    },
  });
}
