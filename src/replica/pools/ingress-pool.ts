/**
 * Ingress pool: calls that wait for a block. Validated: judged here, in the order of arrival, which is the order in
 * which one canister's messages enter blocks. Unvalidated: bytes from peers, not looked at yet.
 * Source: replica A.17; the section contract of DESIGN §4.
 *
 *   G1  A message id is validated at most once.
 *   G2  Both sections are bounded by count and bytes. A full validated section refuses (503 to users), it never evicts:
 *       what was promised to be tried is tried until it expires.
 */
import { toHex } from "../../base/bytes.ts";
import { sha256 } from "../../crypto/hash.ts";
import type { Hash, MessageId, Nanos } from "../../types/ids.ts";
import type { SignedIngress } from "../../types/messages.ts";

export type IngressChange =
  /** A user's own call, judged at the endpoint. */
  | { readonly kind: "add-to-validated"; readonly ingress: SignedIngress }
  /** A peer's, judged now. */
  | { readonly kind: "move-to-validated"; readonly ingress: SignedIngress }
  /** Known, executed already, or no room. */
  | { readonly kind: "remove-from-unvalidated"; readonly bytes: Uint8Array }
  | { readonly kind: "handle-invalid"; readonly bytes: Uint8Array; readonly because: string }
  /** In a certified ingress history, so never to be included again. */
  | { readonly kind: "remove-from-validated"; readonly id: MessageId }
  | { readonly kind: "purge-expired"; readonly before: Nanos };

export interface IngressPoolReader {
  /** Oldest first. */
  validated(): Iterable<SignedIngress>;
  get(id: MessageId): SignedIngress | undefined;
  /** Those that users brought to this node, oldest first: this node answers for their spreading. */
  own(): Iterable<SignedIngress>;
  /** Envelopes from peers, oldest first. */
  unvalidated(): Iterable<Uint8Array>;
  /** Whether another message of so many bytes would be one too many (G2). */
  isFullFor(bytes: number): boolean;
  readonly size: number;
}

/** Plain data. */
export interface IngressPoolSnapshot {
  readonly validated: readonly SignedIngress[];
  readonly own: readonly MessageId[];
  readonly unvalidated: readonly Uint8Array[];
}

const MAX_MESSAGES = 10_000;
const MAX_BYTES = 32 * 1024 * 1024;

export class IngressPool implements IngressPoolReader {
  readonly #validated = new Map<MessageId, SignedIngress>();
  readonly #own = new Set<MessageId>();
  /** By SHA-256 of the envelope: two envelopes of one message may differ in their signatures. */
  readonly #unvalidated = new Map<Hash, Uint8Array>();
  #validatedBytes = 0;
  #unvalidatedBytes = 0;

  get size(): number {
    return this.#validated.size;
  }

  /** An envelope from a peer. False when there is no room or it is there already. */
  insert(bytes: Uint8Array): boolean {
    if (exceeds(this.#unvalidated.size, this.#unvalidatedBytes, bytes.length)) return false;
    const key = nameOf(bytes);
    if (this.#unvalidated.has(key)) return false;
    this.#unvalidated.set(key, bytes);
    this.#unvalidatedBytes += bytes.length;
    return true;
  }

  /** Returns what became validated, in order: what is worth telling peers. */
  apply(changes: readonly IngressChange[]): SignedIngress[] {
    const added: SignedIngress[] = [];
    for (const change of changes) {
      switch (change.kind) {
        case "add-to-validated":
        case "move-to-validated":
          if (change.kind === "move-to-validated") this.#forget(change.ingress.bytes);
          else this.#own.add(change.ingress.content.id);
          if (this.#validate(change.ingress)) added.push(change.ingress);
          break;
        case "remove-from-unvalidated":
        case "handle-invalid":
          this.#forget(change.bytes);
          break;
        case "remove-from-validated":
          this.#remove(change.id);
          break;
        case "purge-expired":
          for (const [id, { content }] of this.#validated)
            if (content.expiry < change.before) this.#remove(id);
          break;
      }
    }
    return added;
  }

  validated(): Iterable<SignedIngress> {
    return this.#validated.values();
  }

  *own(): Iterable<SignedIngress> {
    for (const [id, ingress] of this.#validated) if (this.#own.has(id)) yield ingress;
  }

  get(id: MessageId): SignedIngress | undefined {
    return this.#validated.get(id);
  }

  unvalidated(): Iterable<Uint8Array> {
    return this.#unvalidated.values();
  }

  isFullFor(bytes: number): boolean {
    return exceeds(this.#validated.size, this.#validatedBytes, bytes);
  }

  snapshot(): IngressPoolSnapshot {
    return {
      validated: [...this.#validated.values()],
      own: [...this.#own],
      unvalidated: [...this.#unvalidated.values()],
    };
  }

  static restore(snapshot: IngressPoolSnapshot): IngressPool {
    const pool = new IngressPool();
    for (const ingress of snapshot.validated) pool.#validate(ingress);
    for (const id of snapshot.own) pool.#own.add(id);
    for (const bytes of snapshot.unvalidated) pool.insert(bytes);
    return pool;
  }

  #validate(ingress: SignedIngress): boolean {
    if (this.#validated.has(ingress.content.id)) return false;
    this.#validated.set(ingress.content.id, ingress);
    this.#validatedBytes += ingress.bytes.length;
    return true;
  }

  #remove(id: MessageId): void {
    const ingress = this.#validated.get(id);
    if (ingress === undefined) return;
    this.#validated.delete(id);
    this.#own.delete(id);
    this.#validatedBytes -= ingress.bytes.length;
  }

  #forget(bytes: Uint8Array): void {
    if (this.#unvalidated.delete(nameOf(bytes))) this.#unvalidatedBytes -= bytes.length;
  }
}

const nameOf = (bytes: Uint8Array): Hash => toHex(sha256(bytes));

const exceeds = (count: number, bytes: number, more: number): boolean =>
  count >= MAX_MESSAGES || bytes + more > MAX_BYTES;
