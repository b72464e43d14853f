import { expect, test } from "vitest";
import type { CertificationArtifact } from "../../types/consensus.ts";
import type { CertifiableStates } from "../interfaces/state-reader.ts";
import { createPeerRoots } from "./divergence.ts";

const signature = new Uint8Array(48);
const share = (signer: string, height: number, root: string): CertificationArtifact => ({
  kind: "certification-share",
  height,
  root,
  signer,
  signature,
});
const whole = (height: number, root: string): CertificationArtifact => ({
  kind: "certification",
  height,
  root,
  signature,
});
const always = (): boolean => true;
/** Certified up to 4; 5 and 6 were executed here. */
const states = {
  latestCertifiedHeight: () => 4,
  uncertified: () => [
    { height: 5, root: "aa" },
    { height: 6, root: "bb" },
  ],
} as unknown as CertifiableStates;

test("W2: f + 1 peers that name one other root prove mine wrong; fewer, or different ones, do not", () => {
  const roots = createPeerRoots();
  roots.hear("p", share("p", 6, "cc"), 4, always);
  expect(roots.found(states, 4)).toBeUndefined();
  roots.hear("q", share("q", 6, "dd"), 4, always);
  expect(roots.found(states, 4)).toBeUndefined();
  roots.hear("q", whole(6, "cc"), 4, always);
  expect(roots.found(states, 4)).toEqual({ height: 6, mine: "bb", theirs: "cc" });
  expect(roots.found(states, 7)).toBeUndefined();
  expect(createPeerRoots(roots.snapshot()).found(states, 4)?.height).toBe(6);
});

test("W1: what only looks like a certification is nobody's word", () => {
  const roots = createPeerRoots();
  for (const peer of ["p", "q"]) roots.hear(peer, whole(6, "cc"), 4, () => false);
  expect(roots.found(states, 4)).toBeUndefined();
});

test("W1: nobody gives another's word, however often it speaks", () => {
  const roots = createPeerRoots();
  for (const signer of ["p", "q", "r"]) roots.hear("p", share(signer, 5, "cc"), 4, always);
  expect(roots.found(states, 4)).toBeUndefined();
});

test("W1: a share that others hand on is not their word", () => {
  const roots = createPeerRoots();
  for (const peer of ["p", "r"]) roots.hear(peer, share("q", 5, "cc"), 4, always);
  expect(roots.found(states, 4)).toBeUndefined();
});

test("W3: heights that are certified, or too far above, are not remembered", () => {
  const roots = createPeerRoots();
  for (const peer of ["p", "q"])
    for (const height of [3, 4, 75, 100_000]) roots.hear(peer, whole(height, "cc"), 4, always);
  expect(roots.snapshot().size).toBe(0);
});
