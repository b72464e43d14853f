/**
 * The first visit and the three walks as data: what is said, when it is done, what is asked before. Whether a step is
 * done, and which guess was right, is read from what the subnet really did. Pure. Checked by: walks.test.ts.
 */

/** What the guide may know of the page. Collected by situation.ts. */
export interface Situation {
  readonly nodes: number;
  /** f: how many may fail. */
  readonly faulty: number;
  /** How many do not speak. */
  readonly down: number;
  readonly latest: LatestCall | undefined;
  /** Whether the latest call is being followed. */
  readonly following: boolean;
  /** What the Inspector shows. */
  readonly shown: string | undefined;
  /** Of the certificate on screen. */
  readonly changedAt: number | undefined;
  readonly refused: boolean | undefined;
}

/** The latest update of a canister's method. */
export interface LatestCall {
  readonly number: number;
  readonly method: string;
  readonly state: "waiting" | "replied" | "failed";
  /** Network time since it was sent, until it was answered. */
  readonly ageMs: number;
  /** Whether its certificate is here to be looked at. */
  readonly proved: boolean;
  /** Where its time went, once it is answered. */
  readonly spent:
    { readonly agreeing: number; readonly running: number; readonly proving: number } | undefined;
}

export type Act = "call" | "follow" | "certificate" | "freeze" | "thaw";

export interface Step {
  readonly say: (s: Situation) => string;
  /** `since` is how it stood when the step began. */
  readonly done: (s: Situation, since: Situation) => boolean;
  /** What the guide can press in the person's stead; its place is marked on the page. */
  readonly act: Act | undefined;
}

export interface Question {
  readonly ask: (s: Situation) => string;
  readonly options: (s: Situation) => readonly string[];
  /** Which option was right, from how it stood at the end of each step. */
  readonly answer: (seen: readonly Situation[]) => number;
  readonly because: (seen: readonly Situation[]) => string;
}

export interface Walk {
  readonly id: string;
  readonly title: string;
  readonly promise: string;
  readonly question: Question | undefined;
  readonly steps: readonly Step[];
  readonly end: string;
}

/** A call that waits this long beside a block time of half a second waits for good. */
const WAITS_FOR_GOOD_MS = 4_000;

const newCall = (s: Situation, since: Situation): LatestCall | undefined =>
  s.latest !== undefined && s.latest.number > (since.latest?.number ?? 0) ? s.latest : undefined;
const answered = (s: Situation, since: Situation): boolean => newCall(s, since)?.state === "replied";
const many = (n: number, one: string): string =>
  `${["no", "one", "two", "three", "four"][n] ?? n} ${one}${n === 1 ? "" : "s"}`;

const call = (say: string): Step => ({ say: () => say, done: answered, act: "call" });

export const FIRST_VISIT: Walk = {
  id: "first-visit",
  title: "First visit",
  promise: "",
  question: undefined,
  steps: [
    call("This subnet is alive: nodes in your tab agree on block after block. Press Call beside inc."),
    {
      say: () =>
        "All nodes ran it, and the subnet signed the reply. Press Follow it, and see where the time went.",
      done: (s) => s.following,
      act: "follow",
    },
    {
      say: (s) =>
        s.shown === "certificate"
          ? "This is the proof. Change any byte of it: would anybody notice?"
          : s.following
            ? "Watch it travel, slowed down. Then comes the proof: press “certified at” beside the reply."
            : "Now the proof: press “certified at” beside the reply.",
      done: (s) => s.changedAt !== undefined && s.refused === true,
      act: "certificate",
    },
  ],
  end: "One byte is off, and the official agent refuses it, as it would anywhere.",
};

const FOLLOW: Walk = {
  id: "follow",
  title: "Follow a call",
  promise: "From the button to the proof, and where the time goes.",
  question: {
    ask: () => "You will call a method that only adds one. What will take the most time?",
    options: () => ["Agreeing on the block", "Running the code", "Proving the reply"],
    answer: ([, called]) => {
      const { agreeing, running, proving } = called!.latest!.spent!;
      return agreeing >= running && agreeing >= proving ? 0 : running >= proving ? 1 : 2;
    },
    because: ([, called]) => {
      const { agreeing, running, proving } = called!.latest!.spent!;
      return `Agreeing took ${agreeing} ms, opening the random tape and running ${running} ms, proving ${proving} ms.`;
    },
  },
  steps: [
    {
      say: () => "Press Call beside a method that is an update, and watch the lane grow below it.",
      done: (s, since) => newCall(s, since) !== undefined,
      act: "call",
    },
    {
      say: () =>
        "It is on its way: into a block, through the signatures, into execution, back with a certificate.",
      done: (s) => s.latest?.state === "replied" && s.latest.spent !== undefined,
      act: undefined,
    },
    {
      say: () =>
        "Press Follow it: it is shown again slowly. Each stage of the lane opens what was made there.",
      done: (s) => s.following,
      act: "follow",
    },
  ],
  end: "A subnet spread over the world agrees as this one does; only its links are longer.",
};

const FREEZE: Walk = {
  id: "freeze",
  title: "Freeze f nodes, then one more",
  promise: "What a subnet survives, and why it would rather wait than fork.",
  question: {
    ask: (s) =>
      `Of these ${s.nodes} nodes f = ${s.faulty} may fail. You will freeze ${s.faulty}, then one more. When do calls stop finishing?`,
    options: (s) => [`With ${s.faulty} frozen`, `With ${s.faulty + 1} frozen`, "Not even then"],
    answer: (seen) =>
      seen[1]!.latest?.state !== "replied" ? 0 : seen[3]!.latest?.state === "waiting" ? 1 : 2,
    because: (seen) =>
      `With ${seen[1]!.down} down the call was certified after ${seen[1]!.latest!.ageMs} ms; with ${seen[3]!.down} down it waited.`,
  },
  steps: [
    {
      say: (s) => `Freeze ${many(s.faulty, "node")} under Network.`,
      done: (s) => s.down >= s.faulty,
      act: "freeze",
    },
    call("Now call an update."),
    {
      say: () => "It finished. Freeze one more.",
      done: (s) => s.down >= s.faulty + 1,
      act: "freeze",
    },
    {
      say: () => "Call again, and give it some seconds.",
      done: (s, since) => {
        const made = newCall(s, since);
        return made?.state === "waiting" && made.ageMs >= WAITS_FOR_GOOD_MS;
      },
      act: "call",
    },
    {
      say: () =>
        "It waits: too few are left to sign, and fewer signatures could certify two histories. Thaw a node.",
      done: (s) => s.down <= s.faulty && s.latest?.state === "replied",
      act: "thaw",
    },
  ],
  end: "The call that waited has finished. Nothing was lost, nothing was decided twice.",
};

const BREAK: Walk = {
  id: "break",
  title: "Break a certificate",
  promise: "One byte against the signature of a subnet.",
  question: {
    ask: () =>
      "You will change one byte among the hundreds of a certificate. What will the official agent do?",
    options: () => ["Accept it: one byte is little", "Refuse it", "Repair it"],
    answer: ([, broken]) => (broken!.refused === true ? 1 : 0),
    because: ([, broken]) =>
      broken!.refused === true
        ? `It refused byte ${broken!.changedAt}: the tree no longer hashes to what the subnet signed, or the signature is another.`
        : `It took byte ${broken!.changedAt}.`,
  },
  steps: [
    {
      say: (s) =>
        s.latest?.proved === true
          ? "Press “certified at” beside the reply."
          : "Call an update first; its reply brings a certificate. Then press “certified at”.",
      done: (s) => s.shown === "certificate",
      act: "certificate",
    },
    {
      say: () => "Change a byte, any one: click it, or use the form.",
      done: (s) => s.changedAt !== undefined && s.refused !== undefined,
      act: undefined,
    },
    {
      say: () => "Look which check fails first. Then undo it.",
      done: (s) => s.changedAt === undefined && s.refused === false,
      act: undefined,
    },
  ],
  end: "Whoever has the subnet's public key can check this, on a phone, without asking any node.",
};

export const WALKS: readonly Walk[] = [FOLLOW, FREEZE, BREAK];

/** How far someone is on a walk. */
export interface Progress {
  readonly walk: Walk;
  /** Which option they guessed; a walk with a question waits for it. */
  readonly guess: number | undefined;
  /** How it stood when the present step began. */
  readonly since: Situation;
  /** How it stood at the end of each step that is done. */
  readonly seen: readonly Situation[];
}

export const begin = (walk: Walk, now: Situation): Progress => ({
  walk,
  guess: undefined,
  since: now,
  seen: [],
});
export const guessed = (p: Progress, guess: number, now: Situation): Progress => ({
  ...p,
  guess,
  since: now,
});

/** The step that is to be done; undefined while a guess is awaited, and at the end. */
export const stepOf = (p: Progress): Step | undefined =>
  p.walk.question !== undefined && p.guess === undefined ? undefined : p.walk.steps[p.seen.length];
export const isOver = (p: Progress): boolean => p.seen.length === p.walk.steps.length;

/** The same value when nothing moved. */
export function advance(p: Progress, now: Situation): Progress {
  const step = stepOf(p);
  return step?.done(now, p.since) === true ? { ...p, since: now, seen: [...p.seen, now] } : p;
}
