/**
 * The public HTTP interface: bytes in, bytes out, now or later.
 *
 *   H1  Every request gets exactly one reply with an HTTP status; no bytes make it throw.
 *   H2  What is refused here leaves no trace in the subnet: a refused call never enters the pool.
 *   H3  A synchronous call (v3, v4) is answered once its certified status is replied or rejected, with a certificate;
 *       else with 202 after ten seconds. A second one of the same message gets 202 at once.
 *   H4  A call whose certified status is known already is answered from there and not submitted again.
 *
 * Source: interface §1, §13; replica F. Rooms meet in `EndpointDeps`; CORS is the shell's.
 */
import { defined } from "../../base/assert.ts";
import { fromHex, utf8 } from "../../base/bytes.ts";
import type { SubnetRecord } from "../../registry/registry.ts";
import { encoded } from "../../types/artifact.ts";
import type { HttpReply, HttpRequest, Ticket } from "../../types/http.ts";
import { type LabTime, MANAGEMENT_CANISTER, type MessageId, type Nanos, nanosOf } from "../../types/ids.ts";
import type { Reject, SignedIngress } from "../../types/messages.ts";
import type { Fact } from "../../types/trace.ts";
import { REPLICA_VERSION } from "../../types/replica-version.ts";
import type { IngressFilter } from "../interfaces/execution.ts";
import type { RequestJudge, RequestRefused } from "../interfaces/ingress.ts";
import type { IngressChange, IngressPoolReader } from "../pools/ingress-pool.ts";
import type { ReplicatedState } from "../state/state.ts";
import { calleeFault, targetFault } from "./effective-id.ts";
import { beginQuery, type QueryDeps, type QueryInHand } from "./query.ts";
import { pathsFault } from "./read-state-paths.ts";
import { ACCEPTED, CERTIFIED_STATE_UNAVAILABLE, cborReply, rejectFields, textReply } from "./replies.ts";
import { type Route, routeOf, type Target } from "./routes.ts";

export interface EndpointDeps extends QueryDeps {
  readonly pool: IngressPoolReader;
  readonly judge: RequestJudge;
  readonly filter: IngressFilter;
  /** The newest record. */
  readonly subnet: () => SubnetRecord;
}

export interface EndpointReply {
  readonly ticket: Ticket;
  readonly reply: HttpReply;
}

export interface EndpointOutcome {
  readonly replies: readonly EndpointReply[];
  /** For the ingress pool to apply. */
  readonly ingress: readonly IngressChange[];
  readonly facts: readonly Fact[];
}

/** A synchronous call that waits for its certificate. Plain data. */
export interface WaitingCall {
  readonly ticket: Ticket;
  readonly message: MessageId;
  readonly deadline: LabTime;
}

export interface Endpoints {
  handle(ticket: Ticket, request: HttpRequest, now: LabTime): EndpointOutcome;
  /** A higher height is certified. */
  onCertified(): readonly EndpointReply[];
  /** Another thread has got further. */
  onContinue(): readonly EndpointReply[];
  /** Deadlines have come. */
  onClock(now: LabTime): readonly EndpointReply[];
  /** When `onClock` next has something to do. */
  nextDeadline(): LabTime | undefined;
  snapshot(): readonly WaitingCall[];
}

/** How long a synchronous call waits. Source: interface §1.3. */
const SYNC_CALL_WAIT_MS = 10_000;
const CREATE_METHODS = ["create_canister", "provisional_create_canister_with_cycles"];

export function createEndpoints(deps: EndpointDeps, waiting: readonly WaitingCall[] = []): Endpoints {
  let calls = [...waiting];
  /** Not part of a snapshot: there is one thread only where snapshots are taken, and so no long query in hand. */
  let queries: { readonly ticket: Ticket; readonly inHand: QueryInHand }[] = [];

  /** Answers those that have an answer and keeps the others. */
  const settle = (answer: (call: WaitingCall) => HttpReply | undefined): EndpointReply[] => {
    const replies: EndpointReply[] = [];
    calls = calls.filter((call) => {
      const reply = answer(call);
      if (reply !== undefined) replies.push({ ticket: call.ticket, reply });
      return reply === undefined;
    });
    return replies;
  };

  return {
    handle(ticket, request, now) {
      const verdict = answer(deps, request, nanosOf(now));
      if (verdict.kind === "reply")
        return { replies: [{ ticket, reply: verdict.reply }], ingress: [], facts: [] };
      if (verdict.kind === "query") {
        queries.push({ ticket, inHand: verdict.inHand });
        return { replies: [], ingress: [], facts: [] };
      }
      const { ingress, isNew, waits } = verdict;
      const { id } = ingress.content;
      const isTracked = calls.some((call) => call.message === id);
      const waitsHere = waits && !isTracked;
      if (waitsHere) calls.push({ ticket, message: id, deadline: now + SYNC_CALL_WAIT_MS });
      return {
        replies: waitsHere ? [] : [{ ticket, reply: ACCEPTED }],
        ingress: isNew ? [{ kind: "add-to-validated", ingress }] : [],
        facts: isNew ? [acceptedFact(ingress)] : [],
      };
    },
    onContinue() {
      const replies: EndpointReply[] = [];
      queries = queries.filter(({ ticket, inHand }) => {
        const answered = inHand();
        if (answered !== undefined) replies.push({ ticket, reply: answered });
        return answered === undefined;
      });
      return replies;
    },
    onCertified: () => settle(({ message }) => certifiedAnswer(deps, message)),
    onClock: (now) => settle(({ deadline }) => (deadline <= now ? ACCEPTED : undefined)),
    nextDeadline: () => (calls.length === 0 ? undefined : Math.min(...calls.map((call) => call.deadline))),
    snapshot: () => [...calls],
  };
}

type Verdict =
  | { readonly kind: "reply"; readonly reply: HttpReply }
  /** A long query, which runs on another thread. */
  | { readonly kind: "query"; readonly inHand: QueryInHand }
  /** A call under way. `isNew`: to be pooled. `waits`: its sender stays for the certificate. */
  | {
      readonly kind: "submit";
      readonly ingress: SignedIngress;
      readonly isNew: boolean;
      readonly waits: boolean;
    };

const reply = (r: HttpReply): Verdict => ({ kind: "reply", reply: r });
const refused = ({ status, text }: RequestRefused): Verdict => reply(textReply(status, text));

function answer(deps: EndpointDeps, request: HttpRequest, now: Nanos): Verdict {
  const routed = routeOf(request);
  if ("refusal" in routed) return reply(routed.refusal);
  const { route } = routed;
  if (route.kind === "status") return reply(statusReply(deps));
  const fault = targetFault(route.target, deps.subnet());
  if (fault !== undefined) return reply(fault);
  return HANDLERS[route.kind](deps, route.target, request.body, now);
}

type Handler = (deps: EndpointDeps, target: Target, body: Uint8Array, now: Nanos) => Verdict;
const HANDLERS: Readonly<Record<Exclude<Route["kind"], "status">, Handler>> = {
  call: handleCall,
  query: handleQuery,
  read_state: handleReadState,
};

// ---- call ----------------------------------------------------------------------------------------------------------

function handleCall(deps: EndpointDeps, target: Target, body: Uint8Array, now: Nanos): Verdict {
  const subnet = deps.subnet();
  const shape = callShapeFault(deps, target, body, subnet);
  if (shape !== undefined) return reply(shape);
  const judged = deps.judge.call(body, now);
  if (!judged.ok) return refused(judged);
  const ingress = judged.value;
  const known = certifiedAnswer(deps, ingress.content.id);
  if (known !== undefined) return reply(target.version === "v2" ? ACCEPTED : known);
  const state = certifiedState(deps);
  if (state === undefined) return reply(CERTIFIED_STATE_UNAVAILABLE);
  const { id } = ingress.content;
  const isNew = !state.ingressHistory.has(id) && deps.pool.get(id) === undefined;
  if (isNew) {
    const reject = deps.filter.refusal(state, ingress.content, subnet);
    if (reject !== undefined) return reply(rejectReply(target, reject));
    if (deps.pool.isFullFor(body.length))
      return reply(textReply(503, "Service is overloaded, try again later."));
  }
  return { kind: "submit", ingress, isNew, waits: target.version !== "v2" };
}

/** All that can be said of a call before its signature is looked at. */
function callShapeFault(
  { judge }: EndpointDeps,
  target: Target,
  body: Uint8Array,
  subnet: SubnetRecord,
): HttpReply | undefined {
  const call = judge.decode(body);
  if (!call.ok) return textReply(400, `Malformed request: ${call.because}`);
  const { content, effectiveCanister } = call.value;
  const max = subnet.maxIngressBytesPerMessage;
  if (body.length > max) {
    return textReply(
      413,
      `Request 0x${content.id} is too large. Message byte size ${body.length} is larger than the max allowed ${max}.`,
    );
  }
  if (target.scope === "subnet") {
    const creates = content.canister === MANAGEMENT_CANISTER && CREATE_METHODS.includes(content.method);
    return creates
      ? undefined
      : textReply(400, `At a subnet's URL only ${CREATE_METHODS.join(" and ")} of aaaaa-aa can be called.`);
  }
  return calleeFault(target, content.canister, effectiveCanister);
}

/** Refused before it entered: uncertified, HTTP 200. Source: interface H41, H42. */
const rejectReply = (target: Target, reject: Reject): HttpReply =>
  target.version === "v2"
    ? cborReply(rejectFields(reject))
    : cborReply({ status: "non_replicated_rejection", ...rejectFields(reject) });

/** H3, H4. `status` says "replied" whatever the certificate says. Source: interface H40, H43. */
function certifiedAnswer({ states }: EndpointDeps, message: MessageId): HttpReply | undefined {
  const kind = states.stateAt(states.latestCertifiedHeight())?.ingressHistory.get(message)?.status.kind;
  if (kind === "done") return ACCEPTED;
  if (kind !== "replied" && kind !== "rejected") return undefined;
  const certificate = states.certificate([[utf8("request_status"), fromHex(message)]]);
  return certificate && cborReply({ status: "replied", certificate });
}

const acceptedFact = ({ content, bytes }: SignedIngress): Fact => ({
  kind: "ingress-accepted",
  message: content.id,
  artifact: encoded({ kind: "ingress", bytes }).id,
  canister: content.canister,
  method: content.method,
});

// ---- query, read_state, status -------------------------------------------------------------------------------------

function handleQuery(deps: EndpointDeps, target: Target, body: Uint8Array, now: Nanos): Verdict {
  const judged = deps.judge.query(body, now);
  if (!judged.ok) return refused(judged);
  const { query, effectiveCanister } = judged.value;
  const fault = calleeFault(target, query.receiver, effectiveCanister);
  if (fault !== undefined) return reply(fault);
  if (target.scope === "subnet" && query.receiver !== MANAGEMENT_CANISTER) {
    return reply(textReply(400, "At a subnet's URL only methods of aaaaa-aa can be queried."));
  }
  const inHand = beginQuery(deps, judged.value, deps.subnet());
  const answered = inHand();
  return answered === undefined ? { kind: "query", inHand } : reply(answered);
}

function handleReadState(deps: EndpointDeps, target: Target, body: Uint8Array, now: Nanos): Verdict {
  const judged = deps.judge.readState(body, now);
  if (!judged.ok) return refused(judged);
  const state = certifiedState(deps);
  if (state === undefined) return reply(CERTIFIED_STATE_UNAVAILABLE);
  const fault = pathsFault({ request: judged.value, target, state, subnet: deps.subnet() });
  if (fault !== undefined) return reply(fault);
  const certificate = defined(
    deps.states.certificate(judged.value.paths),
    "a certified state has a certificate",
  );
  return reply(cborReply({ certificate }));
}

/** Source: interface §1.4. */
function statusReply(deps: EndpointDeps): HttpReply {
  const isHealthy = certifiedState(deps) !== undefined;
  return cborReply({
    root_key: deps.subnet().publicKeyDer,
    impl_version: REPLICA_VERSION,
    replica_health_status: isHealthy ? "healthy" : "waiting_for_certified_state",
    certified_height: deps.states.latestCertifiedHeight(),
  });
}

/** The state that the subnet certified last; undefined before it certified any. */
function certifiedState({ states }: EndpointDeps): ReplicatedState | undefined {
  const height = states.latestCertifiedHeight();
  return states.isCertified(height) ? states.stateAt(height) : undefined;
}
