/**
 * Queries: run on the latest certified state by this node alone, which signs what it says.
 *
 *   N1  State, data certificate and timestamp are of one height. Source: interface C43, H63.
 *   N2  The signature is Ed25519 over `ic-response` ‖ hash of {status, reply or reject fields, timestamp, request_id};
 *       a field that the reply leaves out is left out of the hash. Source: interface H60, H61.
 */
import { defined } from "../../base/assert.ts";
import { concat, fromHex, utf8 } from "../../base/bytes.ts";
import { hashOfMap } from "../../codec/representation-independent-hash.ts";
import { domainSeparator } from "../../crypto/hash.ts";
import type { SubnetRecord } from "../../registry/registry.ts";
import type { HttpReply } from "../../types/http.ts";
import { MANAGEMENT_CANISTER, type NodeId } from "../../types/ids.ts";
import type { ReplicaCrypto } from "../interfaces/crypto.ts";
import type { QueryCounter, QueryExecutor, QueryResult } from "../interfaces/execution.ts";
import type { JudgedQuery } from "../interfaces/ingress.ts";
import type { CertifiedStates } from "../interfaces/state-reader.ts";
import { CERTIFIED_STATE_UNAVAILABLE, cborReply, rejectFields } from "./replies.ts";

export interface QueryDeps {
  readonly states: CertifiedStates;
  readonly queries: QueryExecutor;
  readonly counter: QueryCounter;
  readonly crypto: Pick<ReplicaCrypto, "sign">;
  readonly me: NodeId;
}

/** Asked again and again until it gives the reply; always about the state that was certified when it was made. */
export type QueryInHand = () => HttpReply | undefined;

export function beginQuery(deps: QueryDeps, { id, query }: JudgedQuery, subnet: SubnetRecord): QueryInHand {
  const { states, queries, counter, crypto, me } = deps;
  const own = [utf8("canister"), fromHex(query.receiver), utf8("certified_data")];
  const certificate = states.certificate(query.receiver === MANAGEMENT_CANISTER ? [] : [own]);
  if (certificate === undefined) return () => CERTIFIED_STATE_UNAVAILABLE;
  const state = defined(states.stateAt(states.latestCertifiedHeight()), "the latest certified state is kept");
  return () => {
    const result = queries.query(state, query, certificate, subnet, `${id}@${state.height}`);
    if (result === undefined) return undefined;
    counter.count(state.height, result.counts);
    const body = bodyOf(result);
    const signed = { ...body, timestamp: state.time, request_id: fromHex(id) };
    const signature = crypto.sign(concat(domainSeparator("ic-response"), hashOfMap(signed)));
    return cborReply({ ...body, signatures: [{ timestamp: state.time, signature, identity: fromHex(me) }] });
  };
}

const bodyOf = (result: QueryResult) =>
  result.kind === "replied"
    ? { status: "replied", reply: { arg: result.reply } }
    : { status: "rejected", ...rejectFields(result.reject) };
