/** What is told of logs, of the subnet and of a canister's beginnings, and the log's limit. */
import { describe, expect, test } from "vitest";
import { concat, utf8 } from "../../../base/bytes.ts";
import { sha256 } from "../../../crypto/hash.ts";
import { canisterIdOf, principalText } from "../../../types/principal.ts";
import { stateOf } from "../../state/draft.ts";
import { withLogs } from "../logs.ts";
import * as candid from "./candid.ts";
import { decodeArgument } from "./candid-decode.ts";
import { encodeReply } from "./candid-encode.ts";
import type { ValueOf } from "./candid-types.ts";
import { managementQuery } from "./query.ts";
import {
  ALICE,
  byCanister,
  byUser,
  canister,
  change,
  errorOf,
  genesis,
  made,
  newRound,
  NOTHING_SET,
  replyOf,
  roundAfter,
  subnet,
  textOf,
} from "./testing/calls.ts";

describe("logs", () => {
  const printed = (limit: bigint, ...lengths: number[]) => {
    const draft = newRound();
    const id = made(draft, { settings: { log_memory_limit: limit } });
    const contents = lengths.map((n) => new Uint8Array(n));
    return withLogs(canister(draft, id), 1n, contents);
  };
  const kept = (limit: bigint, ...lengths: number[]): string =>
    printed(limit, ...lengths)
      .logs.map((l) => `${l.index}:${l.content.length}`)
      .join(" ");

  test("the limit counts what records take; one too long is cut; none is no log", () => {
    expect(kept(4096n, 5000)).toBe("0:4056");
    expect(kept(4096n, 4056)).toBe("0:4056");
    expect(kept(4096n, 2008, 2008)).toBe("0:2008 1:2008");
    expect(kept(4096n, 2008, 2009)).toBe("1:2009");
    expect(kept(5000n, 2008, 2009)).toBe("0:2008 1:2009");
    expect(kept(0n, 1)).toBe("");
    expect(printed(0n, 1).nextLogIndex).toBe(0n);
  });

  test("a limit that may not be is refused; a smaller one forgets the oldest", () => {
    const draft = newRound();
    const id = made(draft, { settings: { log_memory_limit: 8192n } });
    const set = (log_memory_limit: bigint) =>
      byUser(draft, "update_settings", candid.UpdateSettingsArgs, {
        canister_id: id,
        settings: { ...NOTHING_SET, log_memory_limit },
        sender_canister_version: undefined,
      });
    expect([errorOf(set(4095n)), textOf(set(4095n))]).toEqual([
      "IC0406",
      "The canister log memory limit 4095 is too low. It must be at least 4096.",
    ]);
    expect(textOf(set(2_097_153n))).toBe(
      "The canister log memory limit 2097153 is too high. It must be at most 2097152.",
    );
    const { logs } = withLogs(canister(draft, id), 1n, [new Uint8Array(3000), new Uint8Array(3000)]);
    expect(logs).toHaveLength(2);
    change(draft, id, { logs });
    expect(textOf(set(4096n))).toBe("");
    expect(canister(draft, id).logs.map((l) => l.index)).toEqual([1n]);
    set(0n);
    expect(canister(draft, id).logs).toEqual([]);
  });

  test("filters: by index and by time, the end left out", () => {
    const draft = newRound();
    const id = made(draft);
    const logs = [0, 1, 2, 3].map((i) => ({ index: BigInt(i), at: BigInt(10 * i), content: utf8(`${i}`) }));
    change(draft, id, { logs });
    const fetched = (filter: ValueOf<typeof candid.FetchLogsArgs>["filter"]): bigint[] => {
      const arg = encodeReply(candid.FetchLogsArgs, { canister_id: id, filter });
      const query = { sender: ALICE, receiver: "", method: "fetch_canister_logs", arg };
      const result = managementQuery(stateOf(draft, genesis), query as never, subnet);
      const read =
        result.kind === "replied" ? decodeArgument(candid.FetchLogsReply, result.reply) : undefined;
      if (!read?.ok) throw new Error("no reply");
      return read.value.canister_log_records.map((r) => r.idx);
    };
    expect(fetched(undefined)).toEqual([0n, 1n, 2n, 3n]);
    for (let start = 0n; start <= 4n; start++)
      for (let end = start; end <= 4n; end++) {
        const expected = [0n, 1n, 2n, 3n].filter((i) => i >= start && i < end);
        expect(fetched({ tag: "by_idx", value: { start, end } })).toEqual(expected);
        const times = { start: start * 10n, end: end * 10n };
        expect(fetched({ tag: "by_timestamp_nanos", value: times })).toEqual(expected);
      }
  });
});

describe("the subnet", () => {
  const caller = canisterIdOf(30n);
  const DAY = 86_400_000_000_000n;

  test("node metrics: the days that have ended, from the time asked for; only this subnet's", () => {
    let draft = roundAfter(genesis, 1n);
    for (const at of [2n, DAY, DAY + 5n, 2n * DAY]) draft = roundAfter(stateOf(draft, genesis), at);
    const ask = (subnet_id: string, start_at_timestamp_nanos: bigint) =>
      byCanister(
        draft,
        "node_metrics_history",
        candid.NodeMetricsHistoryArgs,
        { subnet_id, start_at_timestamp_nanos },
        caller,
      );
    const told = (from: bigint) =>
      replyOf(ask(subnet.id, from), candid.NodeMetricsHistoryReply).map((day) => [
        day.timestamp_nanos,
        day.node_metrics.map((n) => [n.node_id, n.num_blocks_proposed_total, n.num_block_failures_total]),
      ]);
    const days = [
      [2n, [["00", 2n, 0n]]],
      [DAY + 5n, [["00", 4n, 0n]]],
    ];
    expect(told(0n)).toEqual(days);
    expect(told(2n)).toEqual(days);
    expect(told(3n)).toEqual(days.slice(1));
    expect(told(DAY + 6n)).toEqual([]);
    expect(textOf(ask(ALICE, 0n))).toBe(
      `Provided target subnet ID ${principalText(ALICE)} does not match current subnet ID ${principalText(subnet.id)}.`,
    );
  });

  test("info: the versions of replica and registry", () => {
    const draft = newRound();
    const asked = byCanister(draft, "subnet_info", candid.SubnetInfoArgs, { subnet_id: subnet.id }, caller);
    expect(replyOf(asked, candid.SubnetInfoReply)).toEqual({
      replica_version: "terrarium",
      registry_version: 1n,
    });
  });
});

test("a creation tells the hash of the variables given with it, whatever their order; of none given, none", () => {
  const draft = newRound();
  const hashOf = (variables: candid.Settings["environment_variables"]) => {
    const id = made(draft, { settings: { environment_variables: variables } });
    const details = canister(draft, id).history[0]!.details;
    return details.kind === "creation" ? details.environmentVariablesHash : undefined;
  };
  const a = { name: "a", value: "1" };
  const b = { name: "b", value: "2" };
  const pair = ({ name, value }: typeof a): Uint8Array => concat(sha256(utf8(name)), sha256(utf8(value)));
  const sorted = [pair(a), pair(b)].sort((x, y) => (x[0]! < y[0]! ? -1 : 1));
  expect(hashOf([a, b])).toEqual(sha256(concat(...sorted)));
  expect(hashOf([b, a])).toEqual(hashOf([a, b]));
  expect(hashOf([])).toEqual(sha256(new Uint8Array(0)));
  expect(hashOf(undefined)).toBeUndefined();
});
