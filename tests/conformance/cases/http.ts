/** Interface §1.1–1.6, 1.9: routes, encoding, status codes, calls, queries. */
import { Ed25519KeyIdentity } from "@icp-sdk/core/identity";
import { describe, expect, test } from "vitest";
import { decodeCbor } from "../../../src/codec/cbor.ts";
import { ed25519Verify } from "../../../src/crypto/ed25519.ts";
import { domainSeparator } from "../../../src/crypto/hash.ts";
import {
  agentAs,
  alice,
  anonymous,
  bob,
  call,
  callContent,
  concat,
  found,
  fromHex,
  IDL,
  inNanos,
  management,
  managementAs,
  mapOf,
  newProbe,
  NO_ARG,
  outcome,
  pathOf,
  Principal,
  queryContent,
  readContent,
  readState,
  requestHash,
  send,
  signed,
  textOf,
  utf8,
  utf8Lossy,
  valueAt,
  type World,
} from "../world.ts";

const TAG = fromHex("d9d9f7");
const Id = IDL.Record({ canister_id: IDL.Principal });
const Creation = IDL.Record({
  amount: IDL.Opt(IDL.Nat),
  specified_id: IDL.Opt(IDL.Principal),
});
const creation = (world: World, specified: [] | [Principal] = []) =>
  management(world, "provisional_create_canister_with_cycles", Creation, {
    amount: [],
    specified_id: specified,
  });

export function routes(world: () => World): void {
  const query = () => anonymous(queryContent(world(), "get"));
  const read = () => anonymous(readContent([["time"]]));

  test("H1 status: root key, health, height, as tagged CBOR", async () => {
    const answer = await send(world(), "/api/v2/status", undefined, {});
    expect(mapOf(answer)).toMatchObject({
      root_key: world().rootKey,
      replica_health_status: "healthy",
      certified_height: expect.any(Number),
    });
    expect(answer.body.subarray(0, 3)).toEqual(TAG);
  });

  test("H2 v2 call: 202 with nothing in it", async () => {
    const body = anonymous(callContent(world(), "echo"));
    expect(textOf(await send(world(), pathOf("call", world().probe, "v2"), body))).toBe("202 ");
  });

  test("H3, H4 a v3 and a v4 call answer alike", async () => {
    const content = callContent(world(), "echo", { arg: utf8("hi") });
    for (const version of ["v3", "v4"]) {
      const answer = await send(world(), pathOf("call", world().probe, version), anonymous(content));
      expect(mapOf(answer)).toMatchObject({ status: "replied", certificate: expect.any(Uint8Array) });
    }
  });

  test("H5 v4 call at the subnet: creation and nothing else", async () => {
    const path = pathOf("call", world().subnet, "v4", "subnet");
    expect(mapOf(await send(world(), path, anonymous(creation(world()))))).toMatchObject({
      status: "replied",
    });
    expect(textOf(await send(world(), path, anonymous(callContent(world(), "echo"))))).toMatch(/^400 /);
    const other = pathOf("call", world().probe, "v4", "subnet");
    expect(textOf(await send(world(), other, anonymous(creation(world()))))).toMatch(/^400 /);
  });

  test("H6, H7, H8, H9 read_state on both scopes in both versions", async () => {
    for (const version of ["v2", "v3"]) {
      for (const [scope, about] of [
        ["canister", world().probe],
        ["subnet", world().subnet],
      ] as const) {
        const answer = await send(world(), pathOf("read_state", about, version, scope), read());
        expect(mapOf(answer)).toEqual({ certificate: expect.any(Uint8Array) });
      }
    }
  });

  test("H10, H11 v2 and v3 query", async () => {
    for (const version of ["v2", "v3"]) {
      expect(mapOf(await send(world(), pathOf("query", world().probe, version), query()))).toMatchObject({
        status: "replied",
      });
    }
  });

  test("H12 v3 query at the subnet: methods of aaaaa-aa alone", async () => {
    const path = pathOf("query", world().subnet, "v3", "subnet");
    expect(textOf(await send(world(), path, query()))).toMatch(/^400 /);
    const content = queryContent(world(), "no_such_method", { canister_id: NO_ARG });
    expect(mapOf(await send(world(), path, anonymous(content)))).toMatchObject({ status: "rejected" });
  });

  test("H30 routes that are none: 404 and 405, the same on a retry", async () => {
    for (const [path, body, status] of [
      [pathOf("call", world().probe, "v5"), query(), 404],
      [pathOf("query", world().probe, "v4"), query(), 404],
      ["/api/v2/nothing", query(), 404],
      [pathOf("query", world().probe), undefined, 405],
    ] as const) {
      const answers = [await send(world(), path, body), await send(world(), path, body)];
      expect(answers.map((a) => a.status)).toEqual([status, status]);
      expect(answers[0]!.body).toEqual(answers[1]!.body);
    }
  });
}

export function encoding(world: () => World): void {
  const path = () => pathOf("query", world().probe);

  test("H20 bodies with and without the tag are read; every answer has it", async () => {
    const body = anonymous(queryContent(world(), "get"));
    for (const bytes of [body, body.subarray(3)]) {
      const answer = await send(world(), path(), bytes);
      expect(mapOf(answer)).toMatchObject({ status: "replied" });
      expect(answer.body.subarray(0, 3)).toEqual(TAG);
    }
  });

  test("H21 indefinite lengths and wide integers are read; floats and repeated keys are not", async () => {
    const text = (s: string) => concat(Uint8Array.of(0x60 + s.length), utf8(s));
    const expiry = new Uint8Array(9).fill(0);
    expiry[0] = 0x1b;
    new DataView(expiry.buffer).setBigUint64(1, inNanos(60_000));
    const id = world().probe.toUint8Array();
    const fields = [
      text("request_type"),
      text("query"),
      text("sender"),
      fromHex("4104"),
      text("ingress_expiry"),
      expiry,
      text("method_name"),
      text("get"),
      text("arg"),
      fromHex("5f4040ff"), // a byte string in two empty pieces
      text("canister_id"),
      concat(Uint8Array.of(0x40 + id.length), id),
    ];
    const around = (inside: Uint8Array[]) =>
      concat(fromHex("bf"), text("content"), fromHex("bf"), ...inside, fromHex("ffff"));
    expect(mapOf(await send(world(), path(), around(fields)))).toMatchObject({ status: "replied" });
    const float = fields.map((f) => (f === expiry ? fromHex("fb3ff0000000000000") : f));
    expect(textOf(await send(world(), path(), around(float)))).toMatch(/^400 Malformed request: /);
    const twice = [...fields, text("sender"), fromHex("4104")];
    expect(textOf(await send(world(), path(), around(twice)))).toMatch(/^400 Malformed request: /);
  });

  test("H22 the content type is application/cbor, whatever its case; refusals are plain text", async () => {
    const body = anonymous(queryContent(world(), "get"));
    const answer = await send(world(), path(), body, { "content-type": "Application/CBOR" });
    expect([answer.status, answer.contentType]).toEqual([200, "application/cbor"]);
    for (const headers of [
      { "content-type": "application/cbor; charset=utf-8" },
      { "content-type": "text/plain" },
    ]) {
      const refused = await send(world(), path(), body, headers);
      expect(textOf(refused)).toMatch(/^400 Unexpected content-type/);
      expect(refused.contentType).toBe("text/plain; charset=utf-8");
    }
  });

  test("H24 key and signature come together or not at all", async () => {
    const whole = await signed(queryContent(world(), "get"), alice);
    const value = decodeCbor(whole);
    const envelope = value.ok ? (value.value as Map<string, Uint8Array>) : new Map<string, Uint8Array>();
    expect(mapOf(await send(world(), path(), whole))).toMatchObject({ status: "replied" });
    for (const lost of ["sender_pubkey", "sender_sig"]) {
      const rest = new Map([...envelope].filter(([name]) => name !== lost));
      const { encodeCborTagged } = await import("../../../src/codec/cbor.ts");
      expect(textOf(await send(world(), path(), encodeCborTagged(rest)))).toMatch(/^400 Malformed request: /);
    }
  });

  test("H25, A47 fields nobody knows are covered by the request id", async () => {
    const content = queryContent(world(), "get", { senders: [Uint8Array.of(4)], unheard: "of" });
    expect(mapOf(await send(world(), path(), await signed(content, alice)))).toMatchObject({
      status: "replied",
    });
    const forged = await signed(queryContent(world(), "get"), alice);
    const value = decodeCbor(forged);
    const envelope = new Map(value.ok ? (value.value as Map<string, Map<string, Uint8Array>>) : []);
    envelope.set("content", new Map([...envelope.get("content")!, ["unheard", utf8("of")]]));
    const { encodeCborTagged } = await import("../../../src/codec/cbor.ts");
    expect(textOf(await send(world(), path(), encodeCborTagged(envelope)))).toMatch(/^400 Invalid signature/);
  });

  test("H26 the URL's id: text of a principal in the ranges", async () => {
    const body = anonymous(queryContent(world(), "get"));
    expect(textOf(await send(world(), "/api/v3/canister/nonsense/query", body))).toMatch(/^400 /);
    const far = Principal.fromHex("ffffffffffffffff0101");
    expect(textOf(await send(world(), pathOf("query", far), body))).toMatch(/^400 /);
  });

  test("H27, H84 the URL names the canister of the content", async () => {
    const other = Principal.fromHex("00000000000ffffe0101");
    for (const [kind, body, version] of [
      ["query", anonymous(queryContent(world(), "get")), "v3"],
      ["call", anonymous(callContent(world(), "echo")), "v4"],
    ] as const) {
      expect(textOf(await send(world(), pathOf(kind, other, version), body))).toMatch(
        /^400 Specified CanisterId \S+ does not match effective canister id in URL \S+/,
      );
    }
  });

  test("H31 a clock that is off is told so in the words agents look for", async () => {
    const body = anonymous(callContent(world(), "echo", { ingress_expiry: inNanos(-60_000) }));
    expect(textOf(await send(world(), pathOf("call", world().probe, "v4"), body))).toMatch(
      /^400 Invalid request expiry: .*Minimum allowed expiry.*Maximum allowed expiry.*Provided expiry/s,
    );
  });

  test("a message above 2 MiB: 413", async () => {
    const body = anonymous(callContent(world(), "echo", { arg: new Uint8Array(2_100_000) }));
    expect((await send(world(), pathOf("call", world().probe, "v4"), body)).status).toBe(413);
  });
}

export function calls(world: () => World): void {
  const v = (version: string) => pathOf("call", world().probe, version);

  test("H40 a certified reject travels under status replied; the certificate tells", async () => {
    const content = callContent(world(), "no");
    const { tree, id } = await call(world(), content);
    expect(utf8Lossy(valueAt(tree, "request_status", id, "status"))).toBe("rejected");
    expect(valueAt(tree, "request_status", id, "reject_code")).toEqual(Uint8Array.of(4));
    expect(utf8Lossy(valueAt(tree, "request_status", id, "reject_message"))).toBe("no");
    expect(utf8Lossy(valueAt(tree, "request_status", id, "error_code"))).toBe("IC0406");
    expect(found(tree, "request_status", id, "reply").kind).toBe("absent");
    expect(found(tree, "time").kind).toBe("found");
  });

  test("H41, H42 refused before induction: uncertified, worded by v4 with a status and by v2 without", async () => {
    const body = anonymous(callContent(world(), "refused"));
    const fields = {
      reject_code: 4,
      reject_message: expect.stringContaining("rejected the message"),
      error_code: "IC0406",
    };
    expect(mapOf(await send(world(), v("v4"), body))).toEqual({
      status: "non_replicated_rejection",
      ...fields,
    });
    expect(mapOf(await send(world(), v("v2"), body))).toEqual(fields);
  });

  test("H43, A15 the same call again: the same reply, executed once", async () => {
    const probe = await newProbe(world());
    const content = callContent(world(), "bump", { canister_id: probe.toUint8Array() });
    const first = await outcome(world(), content, probe);
    expect(first).toEqual(Uint8Array.of(1, 0, 0, 0));
    expect(await outcome(world(), content, probe)).toEqual(first);
    const query = queryContent(world(), "get", { canister_id: probe.toUint8Array() });
    const { reply } = mapOf(await send(world(), pathOf("query", probe), anonymous(query)));
    expect(reply).toEqual(new Map([["arg", Uint8Array.of(1, 0, 0, 0)]]));
  });

  test("H44, S29 a query called as an update runs in replicated mode and keeps nothing; a composite is IC0527", async () => {
    const probe = await newProbe(world());
    const to = { canister_id: probe.toUint8Array() };
    expect(await outcome(world(), callContent(world(), "looks", to))).toEqual(Uint8Array.of(1, 0, 0, 0));
    expect(await outcome(world(), callContent(world(), "get_bump", to))).toEqual(Uint8Array.of(1, 0, 0, 0));
    expect(await outcome(world(), callContent(world(), "get", to))).toEqual(new Uint8Array(4));
    const composite = anonymous(callContent(world(), "nested"));
    expect(mapOf(await send(world(), v("v4"), composite))).toMatchObject({ error_code: "IC0527" });
  });

  test("H45 asked before induction: exists, runs, holds code, may pay, accepts", async () => {
    const refusal = async (probe: Principal) => {
      const content = callContent(world(), "echo", { canister_id: probe.toUint8Array() });
      return mapOf(await send(world(), pathOf("call", probe, "v4"), anonymous(content))).error_code;
    };
    const probe = await newProbe(world());
    const management = managementAs(world(), probe);
    expect(await refusal(Principal.fromHex("00000000000ffffe0101"))).toBe("IC0301");
    await management.stop_canister({ canister_id: probe });
    expect(await refusal(probe)).toBe("IC0508");
    await management.start_canister({ canister_id: probe });
    await management.uninstall_code({ canister_id: probe });
    expect(await refusal(probe)).toBe("IC0537");
    await management.update_settings({
      canister_id: probe,
      settings: { controllers: [], freezing_threshold: [2n ** 60n] },
    });
    expect(await refusal(probe)).toBe("IC0207");
  });

  test("H47 a call is known as replied once it is done, and not before it came", async () => {
    const content = callContent(world(), "echo");
    const id = requestHash(content);
    const before = await readState(world(), [["request_status", id]]);
    expect(found(before, "request_status", id).kind).toBe("absent");
    await outcome(world(), content);
    const after = await readState(world(), [["request_status", id]]);
    expect(utf8Lossy(valueAt(after, "request_status", id, "status"))).toBe("replied");
  });

  test("H50 users' calls carry no cycles", async () => {
    const before = await managementAs(world(), world().probe).canister_status({ canister_id: world().probe });
    await outcome(world(), callContent(world(), "echo"));
    const after = await managementAs(world(), world().probe).canister_status({ canister_id: world().probe });
    expect(after.cycles).toBeLessThan(before.cycles);
  });
}

export function queries(world: () => World): void {
  const ask = async (method: string, changes = {}, probe = world().probe) => {
    const content = queryContent(world(), method, { canister_id: probe.toUint8Array(), ...changes });
    return { content, answer: mapOf(await send(world(), pathOf("query", probe), anonymous(content))) };
  };
  interface NodeSignature {
    readonly timestamp: bigint;
    readonly signature: Uint8Array;
    readonly identity: Uint8Array;
  }
  const signatureOf = (signatures: unknown): NodeSignature => {
    const [first, ...more] = signatures as Map<string, never>[];
    expect(more).toEqual([]);
    return Object.fromEntries(first!) as unknown as NodeSignature;
  };

  test("H60, H61, H62 a node signs what it answers, replies and rejects alike", async () => {
    const keys = await readState(world(), [["subnet"]]);
    for (const method of ["get", "no_query", "boom_query"]) {
      const { content, answer } = await ask(method);
      const { signatures, ...body } = answer;
      const { timestamp, signature, identity } = signatureOf(signatures);
      const der = valueAt(keys, "subnet", world().subnet.toUint8Array(), "node", identity, "public_key");
      expect(der).toHaveLength(44);
      expect(der.subarray(0, 12)).toEqual(fromHex("302a300506032b6570032100"));
      const hash = requestHash({ ...body, timestamp, request_id: requestHash(content) } as never);
      const message = concat(domainSeparator("ic-response"), hash);
      expect(ed25519Verify(der.subarray(12), message, signature)).toBe(true);
    }
  });

  test("H60 the fields of a reply and of a reject", async () => {
    expect((await ask("get")).answer).toEqual({
      status: "replied",
      reply: new Map([["arg", expect.any(Uint8Array)]]),
      signatures: expect.any(Array),
    });
    expect((await ask("no_query")).answer).toEqual({
      status: "rejected",
      reject_code: 4,
      reject_message: "no",
      error_code: "IC0406",
      signatures: expect.any(Array),
    });
  });

  test("H63 the time of the certified state, to the nanosecond", async () => {
    const { answer } = await ask("get");
    const { timestamp } = signatureOf(answer.signatures);
    expect(Math.abs(Number(timestamp / 1_000_000n) - Date.now())).toBeLessThan(30_000);
  });

  test("H64, M33 empty, stopped and frozen canisters answer no query", async () => {
    const probe = await newProbe(world());
    const management = managementAs(world(), probe);
    const refusal = async () => {
      const { answer } = await ask("get", {}, probe);
      return `${String(answer.reject_code)} ${String(answer.error_code)} ${String(answer.reject_message)}`;
    };
    await management.stop_canister({ canister_id: probe });
    expect(await refusal()).toBe(
      `5 IC0508 Canister ${probe.toText()} is stopped and therefore does not have a CallContextManager`,
    );
    await management.start_canister({ canister_id: probe });
    const frozen = { controllers: [] as [], freezing_threshold: [2n ** 60n] as [bigint] };
    await management.update_settings({ canister_id: probe, settings: frozen });
    expect(await refusal()).toMatch(
      /^2 IC0207 Canister \S+ is unable to process query calls because it's frozen/,
    );
    const thawed = { controllers: [] as [], freezing_threshold: [0n] as [bigint] };
    await management.update_settings({ canister_id: probe, settings: thawed });
    await management.uninstall_code({ canister_id: probe });
    expect(await refusal()).toMatch(/^5 IC0537 .*contains no Wasm module/);
  });

  test("H65 only queries and composite queries can be asked", async () => {
    expect((await ask("echo")).answer).toMatchObject({ error_code: "IC0536", reject_code: 5 });
    expect((await ask("no_such")).answer).toMatchObject({ error_code: "IC0536" });
    const own = { arg: world().probe.toUint8Array() };
    expect((await ask("nested", own)).answer).toMatchObject({ status: "replied" });
  });

  test("H68, H83 aaaaa-aa answers few methods to queries, and refuses the others in words", async () => {
    const about = (method: string) =>
      queryContent(world(), method, {
        canister_id: NO_ARG,
        arg: new Uint8Array(IDL.encode([Id], [{ canister_id: world().probe }])),
      });
    const answered = await signed(about("canister_status"), alice);
    expect(mapOf(await send(world(), pathOf("query", world().probe), answered))).toMatchObject({
      status: "replied",
    });
    for (const method of ["start_canister", "raw_rand", "unheard_of"]) {
      const body = await signed(about(method), alice);
      expect(mapOf(await send(world(), pathOf("query", world().probe), body))).toMatchObject({
        status: "rejected",
      });
    }
  });

  test("S10 a query traps, or forgets to answer", async () => {
    expect((await ask("boom_query")).answer).toMatchObject({
      reject_code: 5,
      error_code: "IC0503",
      reject_message: expect.stringContaining("Canister called `ic0.trap` with message: 'boom'"),
    });
    expect((await ask("silent_query")).answer).toMatchObject({ reject_code: 5, error_code: "IC0506" });
  });
}

export function effectiveIds(world: () => World): void {
  test("H80, H86 creation: any id of the ranges in the URL, open to everyone", async () => {
    for (const about of [world().anyId, world().probe]) {
      const stranger = Ed25519KeyIdentity.generate();
      const reply = await outcome(world(), creation(world()), about, stranger);
      expect(reply).toBeInstanceOf(Uint8Array);
    }
  });

  test("H82, H85 other management calls: the canister_id of the argument", async () => {
    const content = management(world(), "start_canister", Id, { canister_id: world().probe });
    expect(await outcome(world(), content, world().probe, alice)).toBeInstanceOf(Uint8Array);
    const body = await signed(content, alice);
    const elsewhere = pathOf("call", Principal.fromHex("00000000000ffffe0101"), "v4");
    expect(textOf(await send(world(), elsewhere, body))).toMatch(/^400 /);
  });

  test("H81 install_chunked_code: the target_canister of the argument", async () => {
    const Chunked = IDL.Record({
      mode: IDL.Variant({ install: IDL.Null }),
      target_canister: IDL.Principal,
      chunk_hashes_list: IDL.Vec(IDL.Record({ hash: IDL.Vec(IDL.Nat8) })),
      wasm_module_hash: IDL.Vec(IDL.Nat8),
      arg: IDL.Vec(IDL.Nat8),
    });
    const content = management(world(), "install_chunked_code", Chunked, {
      mode: { install: null },
      target_canister: world().probe,
      chunk_hashes_list: [],
      wasm_module_hash: new Uint8Array(32),
      arg: [],
    });
    const here = await outcome(world(), content, world().probe, alice);
    expect(here).toMatchObject({ code: expect.any(Number) });
    const body = await signed(content, alice);
    const elsewhere = pathOf("call", Principal.fromHex("00000000000ffffe0101"), "v4");
    expect(textOf(await send(world(), elsewhere, body))).toMatch(/^400 /);
  });

  test("MC2 what its caller may not do is refused before induction, and leaves no trace", async () => {
    const content = management(world(), "stop_canister", Id, { canister_id: world().probe });
    const own = { ...content, sender: bob.getPrincipal().toUint8Array() };
    const answer = mapOf(
      await send(world(), pathOf("call", world().probe, "v4"), await signed(content, bob)),
    );
    expect(answer).toMatchObject({ status: "non_replicated_rejection", error_code: "IC0512" });
    const id = requestHash(own);
    expect(found(await readState(world(), [["request_status", id]]), "request_status", id).kind).toBe(
      "absent",
    );
    const onlyCanisters = management(world(), "raw_rand", IDL.Null, null);
    const refused = await send(world(), pathOf("call", world().probe, "v4"), anonymous(onlyCanisters));
    expect(refused.status === 400 || mapOf(refused).status === "non_replicated_rejection").toBe(true);
  });

  test("the official agent: update, query, read_state (H4, H7, H11)", async () => {
    const agent = agentAs(world(), alice);
    const { reply } = await agent.update(world().probe, { methodName: "echo", arg: utf8("agent") });
    expect(utf8Lossy(new Uint8Array(reply))).toBe("agent");
    const query = await agent.query(world().probe, { methodName: "echo_query", arg: utf8("agent") });
    expect(query).toMatchObject({ status: "replied" });
  });
}

export function http(world: () => World): void {
  describe("routes", () => routes(world));
  describe("encoding", () => encoding(world));
  describe("calls", () => calls(world));
  describe("queries", () => queries(world));
  describe("effective ids", () => effectiveIds(world));
}
