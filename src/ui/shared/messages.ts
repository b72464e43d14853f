/** Texts on screen that are more than a word or two, room by room. */
export const messages = {
  follow: {
    bar: (method: string) => `Following ${method}`,
    live: (method: string) => `Following ${method}, slowed down`,
    again: (method: string) => `${method}, shown again slowly`,
    back: "Back to live",
    forgotten: "The page no longer remembers what nodes told about this message.",
  },
  log: {
    empty: "The nodes have not said anything yet.",
    none: "Nothing that was said fits. Widen the filter.",
    forgotten: (n: number) => `${n.toLocaleString("en")} older lines are forgotten.`,
  },
  state: {
    intro:
      "What the subnet vouches for, as one of its nodes holds it. A certificate shows a few branches of this tree; the root of all hashes is what is signed.",
    nobody: "No node runs that could be asked.",
    remembered: (height: number) => `Remembered height ${height}. Compare it with a later one.`,
    same: "Nothing differs.",
  },
  certificate: {
    paste:
      "Any certificate: of this subnet, of mainnet or of another network. It is checked here; nothing is sent anywhere.",
    example: "Hexadecimal or base64, CBOR inside",
  },
  packages: {
    nothing: "Nothing was chosen.",
    tooLarge: (name: string, bytes: number) => `${name} is larger than ${bytes / 1024 / 1024} MiB.`,
    unreadable: (name: string, because: string) => `${name} cannot be read as a zip: ${because}.`,
    added: (
      packages: readonly { readonly name: string; readonly version: string | undefined }[],
      missing: readonly string[],
    ) => {
      const names = packages.map((p) => (p.version === undefined ? p.name : `${p.name} ${p.version}`));
      const [first] = packages;
      const use = `Import it as "mo:${first?.name}/…".`;
      const needs = missing.length === 0 ? "" : ` It needs ${missing.join(", ")} as well: bring that too.`;
      return `${names.join(", ")} ${names.length === 1 ? "is" : "are"} in packages/ now. ${use}${needs}`;
    },
  },
  gallery: {
    loading: "Fetching the examples…",
    none: "This build holds no examples.",
    look: "Look for:",
    walks: "Guided walks, a minute each",
  },
  guide: {
    label: "Guide",
    doIt: "Do it for me",
    close: "Close the guide",
    examples: "Then open the Examples: twelve canisters, and three walks that ask you before they show you.",
    predict: "Your guess first:",
    right: "As you said.",
    wrong: (said: string): string => `You said: ${said.toLowerCase()}.`,
  },
  palette: {
    title: "Commands",
    placeholder: "Type what you want to do",
    nothing: "Nothing is called that.",
    button: "Commands",
    keys: "Ctrl K",
  },
} as const;
