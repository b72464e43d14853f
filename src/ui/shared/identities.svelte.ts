/** Who calls: users with keys of their own, kept in this browser, and Anonymous. */
import { AnonymousIdentity, type Identity } from "@icp-sdk/core/agent";
import { Ed25519KeyIdentity } from "@icp-sdk/core/identity";
import { keepSetting, setting } from "./storage.ts";

export const ANONYMOUS = "anonymous";
const FIRST = "you";
const NAME_MAX = 40;

export interface User {
  readonly id: string;
  readonly name: string;
  readonly seed: Uint8Array;
}

class Identities {
  users = $state.raw<readonly User[]>([]);
  /** The caller of what is called next. */
  current = $state(FIRST);
  /** Deleted last, and where it stood. */
  removed = $state.raw<{ readonly user: User; readonly at: number } | undefined>(undefined);
  readonly loaded: Promise<void>;
  #made = new Map<string, Ed25519KeyIdentity>();

  constructor() {
    this.loaded = this.#load();
  }

  async #load(): Promise<void> {
    const kept = await setting<unknown>("identities");
    const users = Array.isArray(kept) ? kept.filter(isUser) : [];
    if (users.some((u) => u.id === FIRST)) {
      this.users = users;
      return;
    }
    // Before there were several, one key was kept by itself.
    const alone = await setting<unknown>("identity-seed");
    const seed = isSeed(alone) ? alone : crypto.getRandomValues(new Uint8Array(32));
    this.#keep([{ id: FIRST, name: "You", seed }, ...users]);
  }
  #keep(users: readonly User[]): void {
    this.users = users;
    void keepSetting("identities", users);
  }

  async identityOf(who: string): Promise<Identity> {
    await this.loaded;
    return this.#keyOf(who) ?? new AnonymousIdentity();
  }
  #keyOf(who: string): Ed25519KeyIdentity | undefined {
    const known = this.#made.get(who);
    if (known !== undefined) return known;
    const user = this.users.find((u) => u.id === who);
    if (user === undefined) return undefined;
    const made = Ed25519KeyIdentity.generate(user.seed);
    this.#made.set(who, made);
    return made;
  }
  principalOf(who: string): string {
    return (this.#keyOf(who) ?? new AnonymousIdentity()).getPrincipal().toText();
  }
  nameOf(who: string): string {
    return who === ANONYMOUS ? "Anonymous" : (this.users.find((u) => u.id === who)?.name ?? "a deleted user");
  }
  /** The user whose principal this is. */
  named(principal: string): string | undefined {
    return this.users.find((u) => this.principalOf(u.id) === principal)?.name;
  }

  /** A sentence when the name will not do. */
  fault(name: string, except?: string): string | undefined {
    const given = name.trim();
    if (given === "") return "A user needs a name.";
    if (given.length > NAME_MAX) return `A name has at most ${NAME_MAX} characters.`;
    const taken =
      given.toLowerCase() === ANONYMOUS || this.users.some((u) => u.id !== except && u.name === given);
    return taken ? `${given} exists already.` : undefined;
  }
  create(name: string): void {
    const user = {
      id: crypto.randomUUID(),
      name: name.trim(),
      seed: crypto.getRandomValues(new Uint8Array(32)),
    };
    this.#keep([...this.users, user]);
    this.current = user.id;
  }
  rename(id: string, name: string): void {
    this.#keep(this.users.map((u) => (u.id === id ? { ...u, name: name.trim() } : u)));
  }
  remove(id: string): void {
    const at = this.users.findIndex((u) => u.id === id);
    const user = this.users[at];
    if (user === undefined || this.users.length === 1) return;
    this.removed = { user, at };
    this.#keep(this.users.filter((u) => u.id !== id));
    if (this.current === id) this.current = this.users[0]!.id;
  }
  restore(): void {
    if (this.removed === undefined) return;
    const { user, at } = this.removed;
    this.#keep(this.users.toSpliced(at, 0, user));
    this.removed = undefined;
  }
}

const isSeed = (value: unknown): value is Uint8Array => value instanceof Uint8Array && value.length === 32;
function isUser(value: unknown): value is User {
  const { id, name, seed } = (value ?? {}) as Partial<User>;
  return typeof id === "string" && typeof name === "string" && isSeed(seed);
}

export const identities = new Identities();
