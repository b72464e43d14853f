/** What the certificate on screen came to. The view that checks writes it; the guide and the walks read it. */
class Proof {
  /** The place of the byte that a person changed. */
  changedAt = $state<number | undefined>(undefined);
  /** Whether the official agent refuses the bytes as they stand; undefined while it checks. */
  refused = $state<boolean | undefined>(undefined);
}
export const proof = new Proof();
