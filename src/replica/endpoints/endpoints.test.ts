/**
 * The endpoints with everything real behind them but execution: judge, pool, state manager, tree, BLS. The official
 * agent asks; a `fetch` of ours hands its bytes over.
 */
import { HttpAgent, type Identity, RejectError } from "@icp-sdk/core/agent";
import { IDL } from "@icp-sdk/core/candid";
import { DelegationChain, DelegationIdentity, Ed25519KeyIdentity } from "@icp-sdk/core/identity";
import { Principal } from "@icp-sdk/core/principal";
import { ed25519 } from "@noble/curves/ed25519.js";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { concat, fromHex, toHex, utf8, utf8Lossy } from "../../base/bytes.ts";
import { type CborInput, decodeCbor, encodeCborTagged, isCborMap } from "../../codec/cbor.ts";
import { encodeBlsDer } from "../../crypto/bls.ts";
import { nobleBls } from "../../crypto/bls-noble.ts";
import { signedBytes } from "../../types/artifact.ts";
import { IC, rejectOf } from "../../types/errors.ts";
import type { HttpReply } from "../../types/http.ts";
import { type CanisterId, nanosOf } from "../../types/ids.ts";
import type { IngressStatus, Reject, SignedIngress } from "../../types/messages.ts";
import { canisterIdOf, principalText, selfAuthenticating } from "../../types/principal.ts";
import { encodeCertificate } from "../certification/certificate.ts";
import { stateTree } from "../certification/state-tree.ts";
import { createJudge } from "../ingress/judge.ts";
import type { QueryResult } from "../interfaces/execution.ts";
import type { StatePath } from "../interfaces/state-reader.ts";
import { IngressPool } from "../pools/ingress-pool.ts";
import { SAMPLE_TIME_MS, sampleCanister, sampleCode, sampleState, sampleSubnet } from "../state/sample.ts";
import type { ReplicatedState } from "../state/state.ts";
import { StateManager } from "../state-manager/state-manager.ts";
import { createEndpoints, type WaitingCall } from "./endpoints.ts";

const SECRET = 0x55aa55aan;
const rootKey = encodeBlsDer(nobleBls.publicKeyOf(SECRET));
const nodeSecret = new Uint8Array(32).fill(8);
const nodeKey = concat(fromHex("302a300506032b6570032100"), ed25519.getPublicKey(nodeSecret));
const me = selfAuthenticating(nodeKey);
const subnet = {
  ...sampleSubnet(1, rootKey),
  nodes: [{ ...sampleSubnet(1).nodes[0]!, id: me, publicKey: nodeKey }],
};
const id = canisterIdOf(1n);
const absentId = canisterIdOf(99n);
const alice = Ed25519KeyIdentity.generate(new Uint8Array(32).fill(1));
const bob = Ed25519KeyIdentity.generate(new Uint8Array(32).fill(2));

const canister = sampleCanister(id, {
  settings: {
    ...sampleCanister(id).settings,
    controllers: [alice.getPrincipal().toHex().toLowerCase()],
  },
  lastInstalledAt: 5n,
  code: sampleCode(
    new Map([
      ["open", { visibility: "public" as const, content: utf8("o") }],
      ["shut", { visibility: "private" as const, content: utf8("s") }],
    ]),
  ),
});

const COUNTS = [
  { canister: id, stats: { calls: 1n, instructions: 9n, requestBytes: 0n, responseBytes: 1n } },
];

/** A node whose certified state, filter and queries the test sets. */
function node() {
  const genesis = sampleState(subnet, 0, { canisters: [canister] });
  const states = new StateManager(genesis, { treeOf: stateTree, certificateOf: encodeCertificate });
  const pool = new IngressPool();
  const judge = createJudge(
    (method) => (method === "create_canister" ? "any" : method === "start_canister" ? id : undefined),
    () => false,
  );
  const world = {
    now: SAMPLE_TIME_MS + 2000,
    refusal: undefined as Reject | undefined,
    result: { kind: "replied", reply: Uint8Array.of(7), instructions: 1n, counts: COUNTS } as QueryResult,
    certificateShown: undefined as Uint8Array | undefined,
    accepted: [] as SignedIngress[],
    counted: [] as unknown[],
  };
  const make = (waiting?: readonly WaitingCall[]) =>
    createEndpoints(
      {
        states,
        pool,
        judge,
        filter: { refusal: () => world.refusal },
        queries: {
          query(_state, _query, certificate) {
            world.certificateShown = certificate;
            return world.result;
          },
        },
        counter: { count: (height, answered) => world.counted.push([height, answered]) },
        crypto: { sign: (message) => ed25519.sign(message, nodeSecret) },
        subnet: () => subnet,
        me,
      },
      waiting,
    );
  let endpoints = make();
  const replies = new Map<number, HttpReply>();
  let tickets = 0;

  const deliver = (all: readonly { ticket: number; reply: HttpReply }[]) => {
    for (const { ticket, reply } of all) {
      expect(replies.has(ticket)).toBe(false);
      replies.set(ticket, reply);
    }
  };
  const request = (method: string, path: string, body: Uint8Array, contentType = "application/cbor") => {
    const ticket = ++tickets;
    const outcome = endpoints.handle(ticket, { method, path, contentType, body }, world.now);
    world.accepted.push(...pool.apply(outcome.ingress));
    deliver(outcome.replies);
    return ticket;
  };
  /** The next height, changed and certified. */
  const advance = (change: (state: ReplicatedState) => Partial<ReplicatedState> = () => ({})) => {
    const last = states.stateAt(states.latestHeight())!;
    const height = last.height + 1;
    const root = states.commit({
      ...last,
      height,
      time: nanosOf(SAMPLE_TIME_MS + 1000 * height),
      ...change(last),
    });
    const signature = nobleBls.sign("threshold", SECRET, signedBytes.certification(root));
    states.certify({ kind: "certification", height, root, signature });
    deliver(endpoints.onCertified());
  };
  const settle = (ingress: SignedIngress, status: IngressStatus) =>
    advance((state) => ({
      ingressHistory: new Map(state.ingressHistory).set(ingress.content.id, {
        status,
        sender: ingress.content.sender,
        receiver: ingress.content.canister,
        effectiveCanister: ingress.effectiveCanister,
        expiry: ingress.content.expiry,
        changedAt: 0n,
      }),
    }));
  /** What the subnet does with every call that enters, at once. */
  let onAccepted: ((ingress: SignedIngress) => void) | undefined;
  const statuses: number[] = [];
  const fetch = (async (input: RequestInfo | URL, init?: RequestInit) => {
    const before = world.accepted.length;
    const body = (init?.body as Uint8Array | undefined) ?? new Uint8Array(0);
    const headers = new Headers(init?.headers);
    const path = new URL(String(input)).pathname;
    const ticket = request(
      init?.method ?? "GET",
      path,
      new Uint8Array(body),
      headers.get("content-type") ?? "",
    );
    for (const ingress of world.accepted.slice(before)) onAccepted?.(ingress);
    const reply = replies.get(ticket)!;
    statuses.push(reply.status);
    return new Response(new Uint8Array(reply.body), {
      status: reply.status,
      headers: { "content-type": reply.contentType },
    });
  }) as typeof globalThis.fetch;
  const agent = (identity?: Identity, options: { verifyQuerySignatures?: boolean } = {}) =>
    HttpAgent.createSync({
      host: "https://terrarium.example",
      fetch,
      rootKey,
      retryTimes: 0,
      ...(identity && { identity }),
      ...options,
    });
  return {
    world,
    pool,
    states,
    request,
    advance,
    settle,
    agent,
    replies,
    statuses,
    reply: (ticket: number) => replies.get(ticket),
    clock: (at: number) => deliver(endpoints.onClock(at)),
    deadline: () => endpoints.nextDeadline(),
    restart: () => {
      endpoints = make(structuredClone(endpoints.snapshot()));
    },
    whenAccepted: (then: (ingress: SignedIngress) => void) => {
      onAccepted = then;
    },
  };
}
type Node = ReturnType<typeof node>;

let n: Node;
beforeAll(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: SAMPLE_TIME_MS + 2000 });
});
afterAll(() => {
  vi.useRealTimers();
});
beforeEach(() => {
  n = node();
  n.advance();
});

const target = Principal.fromHex(id);
const expiry = nanosOf(SAMPLE_TIME_MS + 60_000);
const callBody = (changes: Record<string, CborInput> = {}): Uint8Array =>
  encodeCborTagged({
    content: {
      request_type: "call",
      sender: Uint8Array.of(4),
      ingress_expiry: expiry,
      canister_id: fromHex(id),
      method_name: "m",
      arg: new Uint8Array(0),
      ...changes,
    },
  });
const readBody = (paths: readonly StatePath[], sender = Uint8Array.of(4)): Uint8Array =>
  encodeCborTagged({ content: { request_type: "read_state", sender, ingress_expiry: expiry, paths } });
const path = (...labels: (string | Uint8Array)[]): StatePath =>
  labels.map((l) => (typeof l === "string" ? utf8(l) : l));
const at = (scope: "canister" | "subnet", who: string, version: string, kind: string) =>
  `/api/${version}/${scope}/${principalText(who)}/${kind}`;
const textOf = (reply: HttpReply | undefined) => `${reply?.status} ${reply && utf8Lossy(reply.body)}`;
const mapOf = (reply: HttpReply | undefined) => {
  expect(reply).toMatchObject({ status: 200, contentType: "application/cbor" });
  const value = decodeCbor(reply!.body);
  if (!value.ok || !isCborMap(value.value)) throw new Error("no map");
  return Object.fromEntries(value.value);
};

describe("calls", () => {
  test("the agent gets a reply it has verified, by v4 (H40)", async () => {
    n.whenAccepted((ingress) => n.settle(ingress, { kind: "replied", reply: Uint8Array.of(1, 2, 3) }));
    const done = await n.agent(alice).update(target, { methodName: "m", arg: new Uint8Array(0) });
    expect(done.reply).toEqual(Uint8Array.of(1, 2, 3));
    expect(n.statuses).toEqual([200]);
  });

  test("a certified reject arrives with code and text; the body still says replied", async () => {
    const reject = rejectOf(IC.CanisterCalledTrap, "it trapped");
    n.whenAccepted((ingress) => n.settle(ingress, { kind: "rejected", reject }));
    const update = n.agent(alice).update(target, { methodName: "m", arg: new Uint8Array(0) });
    await expect(update).rejects.toThrow(RejectError);
    await expect(update).rejects.toThrow(/it trapped/);
  });

  test("received and processing answer nothing; the answer comes when it is certified (H43)", () => {
    const ticket = n.request("POST", at("canister", id, "v4", "call"), callBody());
    const [ingress] = n.world.accepted;
    for (const kind of ["received", "processing"] as const) {
      n.settle(ingress!, { kind });
      expect(n.reply(ticket)).toBeUndefined();
    }
    n.settle(ingress!, { kind: "replied", reply: new Uint8Array(0) });
    expect(mapOf(n.reply(ticket))).toMatchObject({ status: "replied", certificate: expect.any(Uint8Array) });
    expect(n.deadline()).toBeUndefined();
  });

  test("after ten seconds 202, empty; over a restart as well", () => {
    const ticket = n.request("POST", at("canister", id, "v3", "call"), callBody());
    n.restart();
    expect(n.deadline()).toBe(n.world.now + 10_000);
    n.clock(n.world.now + 9_999);
    expect(n.reply(ticket)).toBeUndefined();
    n.clock(n.world.now + 10_000);
    expect(textOf(n.reply(ticket))).toBe("202 ");
    n.settle(n.world.accepted[0]!, { kind: "replied", reply: new Uint8Array(0) });
  });

  test("a second one: 202 while it is tracked, its certificate once it is done, never pooled twice (H4)", () => {
    const url = at("canister", id, "v4", "call");
    n.request("POST", url, callBody());
    expect(textOf(n.reply(n.request("POST", url, callBody())))).toBe("202 ");
    expect(n.world.accepted).toHaveLength(1);
    n.settle(n.world.accepted[0]!, { kind: "replied", reply: new Uint8Array(0) });
    n.pool.apply([{ kind: "remove-from-validated", id: n.world.accepted[0]!.content.id }]);
    expect(mapOf(n.reply(n.request("POST", url, callBody())))).toHaveProperty("certificate");
    const v2 = n.request("POST", at("canister", id, "v2", "call"), callBody());
    expect(textOf(n.reply(v2))).toBe("202 ");
    expect(n.world.accepted).toHaveLength(1);
  });

  test("v2 answers 202 at once", () => {
    expect(textOf(n.reply(n.request("POST", at("canister", id, "v2", "call"), callBody())))).toBe("202 ");
    expect(n.world.accepted).toHaveLength(1);
  });

  test("what the filter refuses is told uncertified and leaves no trace (H41, H42)", () => {
    n.world.refusal = rejectOf(IC.CanisterStopped, "stopped");
    const fields = { reject_code: 5, reject_message: "stopped", error_code: "IC0508" };
    expect(mapOf(n.reply(n.request("POST", at("canister", id, "v4", "call"), callBody())))).toEqual({
      status: "non_replicated_rejection",
      ...fields,
    });
    expect(mapOf(n.reply(n.request("POST", at("canister", id, "v2", "call"), callBody())))).toEqual(fields);
    expect(n.pool.size).toBe(0);
    expect(n.deadline()).toBeUndefined();
  });

  test("URLs: the callee's, whom a management call is about, or a creation's anyone; never 404 (§13.8)", () => {
    const post = (
      who: CanisterId,
      changes: Record<string, CborInput>,
      scope: "canister" | "subnet" = "canister",
    ) => textOf(n.reply(n.request("POST", at(scope, who, "v4", "call"), callBody(changes)))).slice(0, 60);
    const management = { canister_id: new Uint8Array(0) };
    n.world.refusal = rejectOf(IC.CanisterStopped, "x");
    expect(post(id, {})).toMatch(/^200/);
    expect(post(absentId, {})).toMatch(/^400 Specified CanisterId/);
    expect(post("ffffffffffe000000101", {})).toMatch(/^400 Canister .* is in none of/);
    expect(post("", {})).toMatch(/^400 Specified CanisterId/);
    expect(post(id, { ...management, method_name: "start_canister" })).toMatch(/^200/);
    expect(post(absentId, { ...management, method_name: "start_canister" })).toMatch(/^400 Specified/);
    for (const who of [id, absentId, ""]) {
      expect(post(who, { ...management, method_name: "create_canister" })).toMatch(/^200/);
    }
    expect(post(subnet.id, { ...management, method_name: "create_canister" }, "subnet")).toMatch(/^200/);
    expect(post(subnet.id, { ...management, method_name: "start_canister" }, "subnet")).toMatch(/^400/);
    expect(post(subnet.id, {}, "subnet")).toMatch(/^400 At a subnet's URL/);
    expect(post(id, { ...management, method_name: "create_canister" }, "subnet")).toMatch(/^400 Subnet/);
  });

  test("3 MiB: 413; a pool without room: 503", () => {
    const url = at("canister", id, "v4", "call");
    const big = callBody({ arg: new Uint8Array(3 * 1024 * 1024) });
    expect(textOf(n.reply(n.request("POST", url, big)))).toMatch(/^413 Request 0x.* is too large/);
    expect(textOf(n.reply(n.request("POST", url, new Uint8Array(6 * 1024 * 1024))))).toMatch(/^413 /);
    const decoded = createJudge(
      () => undefined,
      () => false,
    ).decode(callBody({ method_name: "other" }));
    if (!decoded.ok) throw new Error(decoded.because);
    const filler = { ...decoded.value, bytes: new Uint8Array(32 * 1024 * 1024) };
    n.pool.apply([{ kind: "add-to-validated", ingress: filler }]);
    expect(textOf(n.reply(n.request("POST", url, callBody())))).toMatch(/^503 Service is overloaded/);
    expect(n.pool.size).toBe(1);
  });
});

describe("queries", () => {
  const ask = (agent: HttpAgent) => agent.query(target, { methodName: "get", arg: new Uint8Array(0) });

  test("the agent verifies the node's signature, of replies and of rejects with and without a code", async () => {
    expect(await ask(n.agent(alice))).toMatchObject({ status: "replied", reply: { arg: Uint8Array.of(7) } });
    const reject = rejectOf(IC.CanisterMethodNotFound, "no such query");
    for (const r of [reject, { code: reject.code, message: reject.message }]) {
      n.world.result = { kind: "rejected", reject: r, instructions: 0n, counts: [] };
      const answer = await ask(n.agent());
      expect(answer).toMatchObject({ status: "rejected", reject_code: 5, reject_message: "no such query" });
      expect("error_code" in answer).toBe(r.error !== undefined);
    }
  });

  test("what ran is counted at the height it was answered from", async () => {
    n.world.result = { kind: "replied", reply: Uint8Array.of(7), instructions: 9n, counts: COUNTS };
    n.world.counted.length = 0;
    await ask(n.agent());
    expect(n.world.counted).toEqual([[n.states.latestCertifiedHeight(), COUNTS]]);
  });

  test("the data certificate shows this canister's certified data", async () => {
    await ask(n.agent());
    expect(n.world.certificateShown).toEqual(
      n.states.certificate([path("canister", fromHex(id), "certified_data")]),
    );
  });

  test("v2 as well; another canister's URL is refused", () => {
    const body = callBody({ request_type: "query" });
    expect(mapOf(n.reply(n.request("POST", at("canister", id, "v2", "query"), body))).status).toBe("replied");
    expect(textOf(n.reply(n.request("POST", at("canister", absentId, "v3", "query"), body)))).toMatch(
      /^400 Specified CanisterId/,
    );
    expect(textOf(n.reply(n.request("POST", at("subnet", subnet.id, "v3", "query"), body)))).toMatch(/^400 /);
  });
});

describe("read_state", () => {
  const STATUS = new Uint8Array(32).fill(1);
  const every: [StatePath, string][] = [
    // path, allowed on: v2 canister, v3 canister, v2 subnet, v3 subnet (interface §1.8; "." is 404, "x" 400)
    [path("time"), "✓✓✓✓"],
    [path("api_boundary_nodes"), "✓✓✓✓"],
    [path("api_boundary_nodes", STATUS, "domain"), "✓✓✓✓"],
    [path("api_boundary_nodes", STATUS, "port"), "...."],
    [path("canister_ranges", fromHex(subnet.id)), "..✓✓"],
    [path("canister_ranges"), "...."],
    [path("subnet"), "✓✓✓✓"],
    [path("subnet", fromHex(subnet.id)), "✓✓✓✓"],
    [path("subnet", fromHex(subnet.id), "public_key"), "✓✓✓✓"],
    [path("subnet", fromHex(subnet.id), "type"), "✓✓✓✓"],
    [path("subnet", fromHex(subnet.id), "node"), "✓✓✓✓"],
    [path("subnet", fromHex(subnet.id), "node", fromHex(me)), "✓✓✓✓"],
    [path("subnet", fromHex(subnet.id), "node", fromHex(me), "public_key"), "✓✓✓✓"],
    [path("subnet", fromHex(subnet.id), "node", fromHex(me), "address"), "...."],
    [path("subnet", fromHex(subnet.id), "canister_ranges"), "✓✓✓✓"],
    [path("subnet", fromHex(me), "canister_ranges"), "✓.✓."],
    [path("subnet", fromHex(subnet.id), "metrics"), "..✓✓"],
    [path("subnet", fromHex(me), "metrics"), "..xx"],
    [path("request_status", STATUS), "✓✓✓✓"],
    [path("request_status", STATUS, "reply"), "✓✓✓✓"],
    [path("request_status", STATUS, "colour"), "...."],
    [path("request_status", STATUS.subarray(1)), "xxxx"],
    [path("request_status"), "...."],
    [path("canister", fromHex(id), "module_hash"), "✓✓.."],
    [path("canister", fromHex(id), "controllers"), "✓✓.."],
    [path("canister", fromHex(id), "canister_creation_timestamp"), "✓✓.."],
    [path("canister", fromHex(id), "last_install_timestamp"), "✓✓.."],
    [path("canister", fromHex(id), "metadata", "open"), "✓✓.."],
    [path("canister", fromHex(id), "metadata", "nowhere"), "✓✓.."],
    [path("canister", fromHex(id), "metadata", Uint8Array.of(0xff)), "xx.."],
    [path("canister", fromHex(id), "certified_data"), "...."],
    [path("canister", fromHex(absentId), "module_hash"), "xx.."],
    [path("canister", new Uint8Array(30), "module_hash"), "xx.."],
    [path("canister", fromHex(id)), "...."],
    [path("metadata"), "...."],
    [path(""), "...."],
    [[], "...."],
  ];
  test("who may ask for which path (H74)", () => {
    for (const [asked, allowed] of every) {
      const routes = [
        at("canister", id, "v2", "read_state"),
        at("canister", id, "v3", "read_state"),
        at("subnet", subnet.id, "v2", "read_state"),
        at("subnet", subnet.id, "v3", "read_state"),
      ];
      const seen = routes.map((url) => {
        const { status } = n.reply(n.request("POST", url, readBody([asked])))!;
        return { 200: "✓", 404: ".", 400: "x" }[status] ?? status;
      });
      expect([asked.map(utf8Lossy).join("/"), seen.join("")]).toEqual([
        asked.map(utf8Lossy).join("/"),
        allowed,
      ]);
    }
  });

  test("a request's status: its sender's alone, at its own id; one id a request (R2, R3)", async () => {
    n.whenAccepted((ingress) => n.settle(ingress, { kind: "replied", reply: Uint8Array.of(1) }));
    await n.agent(alice).update(target, { methodName: "m", arg: new Uint8Array(0) });
    const requestId = fromHex(n.world.accepted[0]!.content.id);
    const asked = { paths: [path("request_status", requestId) as Uint8Array[]] };
    await n.agent(alice).readState({ canisterId: target }, asked);
    await expect(n.agent(bob).readState({ canisterId: target }, asked)).rejects.toThrow(
      /not signed by the caller/,
    );
    const elsewhere = { canisterId: Principal.fromHex(absentId) };
    await expect(n.agent(alice).readState(elsewhere, asked)).rejects.toThrow(
      /does not match requested principal/,
    );
    const session = Ed25519KeyIdentity.generate(new Uint8Array(32).fill(3));
    for (const [callee, shown] of [
      [id, true],
      [absentId, false],
    ] as const) {
      const chain = await DelegationChain.create(
        alice,
        session.getPublicKey(),
        new Date(n.world.now + 60_000),
        {
          targets: [Principal.fromHex(callee)],
        },
      );
      const read = n
        .agent(DelegationIdentity.fromDelegation(session, chain))
        .readState({ canisterId: target }, asked);
      if (shown) await read;
      else await expect(read).rejects.toThrow(/not belonging to sender delegation targets/);
    }
    const two = readBody([path("request_status", STATUS), path("request_status", requestId)]);
    expect(textOf(n.reply(n.request("POST", at("canister", id, "v3", "read_state"), two)))).toMatch(
      /^40[03] /,
    );
    const unknown = readBody([path("request_status", STATUS), path("request_status", new Uint8Array(32))]);
    expect(textOf(n.reply(n.request("POST", at("canister", id, "v3", "read_state"), unknown)))).toMatch(
      /^400 More than one non-unique request ID/,
    );
  });

  test("private sections are the controllers' (R4)", async () => {
    const asked = { paths: [path("canister", fromHex(id), "metadata", "shut") as Uint8Array[]] };
    await n.agent(alice).readState({ canisterId: target }, asked);
    await expect(n.agent(bob).readState({ canisterId: target }, asked)).rejects.toThrow(
      /Custom section shut can only be requested by the controllers/,
    );
  });
});

describe("status, health, routes", () => {
  test("status says healthy with the root key once a height is certified", () => {
    const status = mapOf(n.reply(n.request("GET", "/api/v2/status", new Uint8Array(0))));
    expect(status).toMatchObject({
      root_key: rootKey,
      replica_health_status: "healthy",
      certified_height: 1,
    });
    const young = node();
    const before = mapOf(young.reply(young.request("GET", "/api/v2/status?x=1", new Uint8Array(0))));
    expect(before.replica_health_status).toBe("waiting_for_certified_state");
    for (const [kind, body] of [
      ["call", callBody()],
      ["query", callBody({ request_type: "query" })],
      ["read_state", readBody([])],
    ] as const) {
      const ticket = young.request("POST", at("canister", id, "v3", kind), body);
      expect(textOf(young.reply(ticket))).toMatch(/^503 Certified state is not available yet/);
    }
  });

  test("unknown routes 404, other methods 405, other content types 400, no principal 400", () => {
    const get = (method: string, url: string, type?: string) =>
      n.reply(n.request(method, url, callBody(), type))!.status;
    expect(get("POST", "/api/v2/status")).toBe(405);
    expect(get("GET", at("canister", id, "v4", "call"))).toBe(405);
    expect(get("POST", "/api/v5/canister/aaaaa-aa/call")).toBe(404);
    expect(get("POST", at("subnet", subnet.id, "v2", "call"))).toBe(404);
    expect(get("POST", at("canister", id, "v4", "query"))).toBe(404);
    expect(get("GET", "/")).toBe(404);
    expect(get("POST", "/api/v4/canister/nobody/call")).toBe(400);
    expect(get("POST", at("canister", id, "v4", "call"), "text/plain")).toBe(400);
    expect(get("POST", at("canister", id, "v2", "call"), "Application/CBOR")).toBe(202);
  });

  test("bad bytes at every route: always one reply with an HTTP status, never a throw, nothing pooled (H1, H2)", () => {
    const routes = ["v2", "v3", "v4"].flatMap((version) =>
      (["canister", "subnet"] as const).flatMap((scope) =>
        ["call", "query", "read_state"].map((kind) =>
          at(scope, scope === "canister" ? id : subnet.id, version, kind),
        ),
      ),
    );
    const seeds = [callBody(), callBody({ request_type: "query" }), readBody([path("subnet"), path("time")])];
    const bent = fc
      .tuple(
        fc.constantFrom(...seeds),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        fc.nat(),
      )
      .map(([seed, changes, cut]) => {
        const bytes = seed.slice(0, cut % 3 === 0 ? cut % seed.length : seed.length);
        for (const [i, b] of changes) if (bytes.length > 0) bytes[i % bytes.length] = b;
        return bytes;
      });
    const sizeBefore = n.pool.size;
    fc.assert(
      fc.property(
        fc.constantFrom(...routes),
        fc.oneof(fc.uint8Array({ maxLength: 64 }), bent),
        (url, body) => {
          const ticket = n.request("POST", url, body);
          const reply = n.reply(ticket);
          if (reply === undefined) return n.pool.size > sizeBefore;
          return [200, 202, 400, 403, 404].includes(reply.status);
        },
      ),
      { numRuns: 1500 },
    );
    expect(textOf(n.reply(n.request("POST", routes[0]!, new Uint8Array(100_000).fill(0x81))))).toMatch(
      /^400 Malformed request: CBOR: nested too deeply at byte/,
    );
  });
});

test("the agent's own decoding of Candid and of our bytes meet", async () => {
  const reply = new Uint8Array(IDL.encode([IDL.Text], ["hello"]));
  n.whenAccepted((ingress) => n.settle(ingress, { kind: "replied", reply }));
  const done = await n
    .agent()
    .update(target, { methodName: "greet", arg: new Uint8Array(IDL.encode([], [])) });
  expect(IDL.decode([IDL.Text], done.reply as Uint8Array<ArrayBuffer>)).toEqual(["hello"]);
  expect(toHex(reply)).toBe(toHex(done.reply as Uint8Array));
});
