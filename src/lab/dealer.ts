/**
 * The dealer's home: the first node's worker, before any of them is a node. The page's thread draws, and has no time for
 * cryptography; what the worker dealt to others it does not keep.
 */
import { loadMclBls } from "../crypto/bls-mcl.ts";
import { type Genesis, type GenesisSettings, keysOn, makeGenesis } from "./genesis.ts";

export interface Dealer {
  deal(settings: GenesisSettings): Promise<Genesis>;
}

const random = (n: number): Uint8Array => crypto.getRandomValues(new Uint8Array(n));

export const dealer: Dealer = {
  deal: async (settings) => makeGenesis(settings, random, keysOn(await loadMclBls())),
};
