import { expect, test } from "vitest";
import { toHex, utf8 } from "../../base/bytes.ts";
import { buildTree } from "../../codec/crit-bit.ts";
import { leaf, rootHash } from "../../codec/hash-tree.ts";
import { encodeLeb } from "../../codec/leb128.ts";
import type { Certification } from "../../types/consensus.ts";
import { sampleState, sampleSubnet } from "../state/sample.ts";
import { StateManager, type StateManagerDeps } from "./state-manager.ts";

const subnet = sampleSubnet(1);
const deps: StateManagerDeps = {
  treeOf: ({ height, previousRoot }) =>
    buildTree([
      [utf8("height"), leaf(encodeLeb(height))],
      [utf8("previous"), leaf(previousRoot)],
    ]),
  certificateOf: (tree, { height }, paths) => utf8(`${height} ${toHex(rootHash(tree))} ${paths.length}`),
};
const genesis = sampleState(subnet, 0);
const at = (height: number, known: string[] = []) =>
  sampleState(subnet, height, { ingressHistory: new Map(known.map((id) => [id, {} as never])) });

function grown(upTo: number): StateManager {
  const manager = new StateManager(genesis, deps);
  for (let h = 1; h <= upTo; h++) manager.commit(at(h, [`m${h}`]));
  return manager;
}
const certificationAt = (manager: StateManager, height: number): Certification => ({
  kind: "certification",
  height,
  root: manager.rootAt(height)!,
  signature: utf8("signed"),
});

test("M1: heights follow each other, and each state holds the root before it", () => {
  const manager = grown(3);
  for (let h = 1; h <= 3; h++) expect(toHex(manager.stateAt(h)!.previousRoot)).toBe(manager.rootAt(h - 1));
  expect(() => manager.commit(at(5))).toThrow("height 5 follows 3");
  expect(new Set([0, 1, 2, 3].map((h) => manager.rootAt(h))).size).toBe(4);
});

test("M2: certified is what was certified with our root; the genesis needs none and has no certificate", () => {
  const manager = grown(3);
  expect([manager.latestCertifiedHeight(), manager.isCertified(0), manager.certificate([])]).toEqual([
    0,
    false,
    undefined,
  ]);
  expect(manager.uncertified().map((u) => u.height)).toEqual([1, 2, 3]);
  expect(() => manager.certify({ ...certificationAt(manager, 2), root: manager.rootAt(1)! })).toThrow(
    "is ours",
  );
  expect(manager.certify(certificationAt(manager, 2))).toBe(true);
  expect(manager.certify(certificationAt(manager, 2))).toBe(false);
  expect(manager.certify({ ...certificationAt(manager, 2), height: 9 })).toBe(false);
  expect(manager.latestCertifiedHeight()).toBe(2);
  expect(manager.uncertified()).toEqual([{ height: 3, root: manager.rootAt(3) }]);
  expect(manager.certify(certificationAt(manager, 1))).toBe(true);
  expect(manager.latestCertifiedHeight()).toBe(2);
  expect(manager.certificate([[utf8("time")]])).toEqual(utf8(`2 ${manager.rootAt(2)} 1`));
});

test("M3: purging keeps the latest certified state and all above it", () => {
  const manager = grown(6);
  manager.certify(certificationAt(manager, 4));
  manager.purge(2);
  expect([0, 1, 2, 3, 4, 5, 6].filter((h) => manager.stateAt(h) !== undefined)).toEqual([2, 3, 4, 5, 6]);
  manager.purge(99);
  expect([0, 1, 2, 3, 4, 5, 6].filter((h) => manager.stateAt(h) !== undefined)).toEqual([4, 5, 6]);
  expect([manager.inHistory(4, "m4"), manager.inHistory(5, "m4"), manager.inHistory(3, "m3")]).toEqual([
    true,
    false,
    undefined,
  ]);
});

test("M4: a restored one answers alike and goes on alike", () => {
  const manager = grown(6);
  manager.certify(certificationAt(manager, 4));
  manager.purge(3);
  const again = StateManager.restore(structuredClone(manager.snapshot()), deps);
  const shown = (m: StateManager) => ({
    roots: [2, 3, 4, 5, 6].map((h) => m.rootAt(h)),
    latest: m.latestHeight(),
    certified: m.latestCertifiedHeight(),
    uncertified: m.uncertified(),
    certificate: m.certificate([]),
  });
  expect(shown(again)).toEqual(shown(manager));
  expect(again.commit(at(7))).toBe(manager.commit(at(7)));
});
