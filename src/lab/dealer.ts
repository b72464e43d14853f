/**
 * The dealer's home: a worker that is no node yet. The page's thread draws, and has no time for
 * cryptography; what the worker dealt to others it does not keep.
 */
import { loadMclBls } from "../crypto/bls-mcl.ts";
import {
  dealAgain,
  type Genesis,
  type GenesisSettings,
  keysOn,
  makeGenesis,
  type Members,
} from "./genesis.ts";
import type { NodeCount } from "./sizes.ts";

export interface Dealer {
  deal(settings: GenesisSettings): Promise<Genesis>;
  dealAgain(members: Members, size: NodeCount): Promise<Members>;
}

const random = (n: number): Uint8Array => crypto.getRandomValues(new Uint8Array(n));

export const dealer: Dealer = {
  deal: async (settings) => makeGenesis(settings, random, keysOn(await loadMclBls())),
  dealAgain: async (members, size) => dealAgain(members, size, random, keysOn(await loadMclBls())),
};
