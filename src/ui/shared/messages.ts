/** Texts on screen that are more than a word or two, one object per room. Plain data and pure functions. */
const count = (n: number, one: string, many = `${one}s`): string =>
  `${n.toLocaleString("en")} ${n === 1 ? one : many}`;

export const messages = {
  follow: {
    bar: (method: string) => `Following ${method}`,
    live: (method: string) => `Following ${method}, slowed down`,
    again: (method: string) => `${method}, shown again slowly`,
    back: "Back to live",
    forgotten: "The page no longer remembers what nodes told about this message.",
  },
  memory: {
    which: "Memory",
    none: "It has no such memory, or not a byte of it.",
    holds: (pages: number, filled: number, written: number, since: number, height: number) =>
      `${count(pages, "page")} of 4 KiB; ${filled.toLocaleString("en")} hold something, ${written.toLocaleString("en")} written from height ${since.toLocaleString("en")} to ${height.toLocaleString("en")}.`,
    pageLabel: (page: number) => `Page ${page.toLocaleString("en")}`,
    previous: "Page before that holds something",
    next: "Next page that holds something",
    nextWritten: "Next written page",
    written: "written",
  },
  past: {
    moment: (height: number, ago: string) => `height ${height.toLocaleString("en")}, ${ago} ago`,
    ago: (ms: number) =>
      ms < 10_000
        ? `${(ms / 1000).toFixed(1)} s`
        : ms < 120_000
          ? `${Math.round(ms / 1000)} s`
          : `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`,
    bar: (moment: string) =>
      `You look at the past: ${moment}. The network waits until you are back; nothing can be called here.`,
    health: (height: number) => ({
      headline: "The past.",
      rest: `As it was at height ${height.toLocaleString("en")}`,
    }),
    caption: (headline: string) => `Then: ${headline}`,
    back: "Back to live",
    noCalls: "You look at the past: go back to live to call",
    notYet: "Recording begins with the first certified block.",
    cut: (ago: string) => `Older moments than ${ago} ago are forgotten: what is recorded has its bound.`,
    scrub: "Moment in view",
    present: "now",
    notThere: "not there yet",
    noCanister: (name: string) => `${name} was not there yet.`,
    fault: (sentence: string) => `The replay is not what happened: ${sentence}.`,
    sameRoot: "the root that the nodes told then",
    otherRoot: (root: string) => `the nodes told another root then: ${root}`,
  },
  faults: {
    title: "In force",
    undo: "Undo",
    undoOne: (words: string) => `Undo: ${words}`,
    heal: "Heal all",
    node: (name: string) => `Faults of ${name}`,
    links: "Links…",
    linksHow: "Cut, delay or thin out links, of one node or of a group",
    linksTitle: "Links",
    from: "From",
    to: "To",
    rest: "To all others",
    bothWays: "Both ways",
    chooseEnds: "Choose nodes on both sides.",
    cut: "Cut",
    split: "A cut between two groups splits the subnet: whichever group has enough nodes goes on, if any.",
    latency: "Take longer",
    loss: "Lose some",
    linksHold: "Messages that have left already arrive as they would have.",
    flightTitle: "Message in flight",
    onItsWay: "On its way. What you do is undone below, as long as it has not arrived.",
    arrived: "It has arrived: what is known cannot be made unknown.",
    pauseFirst: "Pause the network, then choose a message that is still on its link.",
    pause: "Pause",
    drop: "Drop",
    delay: "Delay",
    duplicate: "Duplicate",
    corrupt: "Corrupt",
    replay: "Replay later",
    slow: "Slow",
    slowHow: "How long it is busy after each message it takes, or each time its clock wakes it.",
    atFullSpeed: "at full speed",
    lies: "Lies",
    liesHow:
      "Honest code runs, and what leaves the node is changed on its way out. It signs with its own key alone.",
    tooManyLiars: (liars: number, bears: number) =>
      `${count(liars, "node")} ${liars === 1 ? "lies" : "lie"}, more than the ${bears === 0 ? "none" : bears} that this subnet can bear: promises may break.`,
    liars: (liars: number, bears: number) =>
      `${count(liars, "node")} ${liars === 1 ? "lies" : "lie"}; this subnet can bear ${bears}.`,
    nextLiar: "One more liar is more than this subnet can bear: promises may break.",
    allLinks: "How long all links take, and the notary delay: “Nodes…” in the Network panel.",
  },
  subnet: {
    title: "Subnet",
    open: (n: number) => `${count(n, "node")}…`,
    how: "Change how many nodes agree, how long they wait for a block, and how long links take",
    menu: "Change the subnet's nodes and delays",
    size: "Nodes",
    notaryDelay: "Notary delay, ms",
    change: "Change",
    changing: "The keys are dealt anew…",
    is: (nodes: number, faulty: number, high: number) =>
      nodes === 1
        ? "One node agrees with itself: it may not fail."
        : `${nodes} nodes agree. ${faulty === 1 ? "One" : faulty} may fail or lie; ${high} signatures make a block final.`,
    next: (nodes: number, ms: number, from: number, now: number) =>
      `${count(nodes, "node")}, notary delay ${ms} ms: from height ${from} on, at the latest. Now it is ${now}.`,
    comes: (names: string, many: boolean) =>
      `${names} ${many ? "join: they fetch" : "joins: it fetches"} the state meanwhile.`,
    goes: (names: string, many: boolean) =>
      `${names} ${many ? "leave: they help" : "leaves: it helps"} until then.`,
    joins: "joins",
    leaves: "leaves",
    why: "The registry says who is in the subnet, and how long notaries wait for a better block. What it says counts from the second summary block on, so that everybody knows it beforehand. The subnet's public key stays the same; its shares are dealt anew.",
    latency: "Each link takes, ms",
  },
  scenes: {
    gallery: "Scenes: something goes wrong, and what becomes of it",
    label: "Scene",
    act: "Do it",
    look: "Look for",
    waiting: "Waiting to see it…",
    over: "That was all.",
    close: "Close the scene",
    openHeight: (height: number) => `Open height ${height}`,
    tooFewNodes: (title: string, nodes: number) => `“${title}” needs a subnet of at least ${nodes} nodes.`,
    inLink: (title: string, steps: number) => `a scene, “${title}”, of ${count(steps, "step")}`,
    seen: {
      progress: "Heights come again.",
      halt: "Nothing becomes final any more.",
      "second-choice": "Seen: a final block of a second choice.",
      "two-notarized": "Seen: two blocks notarized, one of them final.",
      "far-behind": "It is far behind now.",
      returned: "Seen: it took a state that others certified.",
      "safety-broken": "Seen: two histories. More nodes lied than the subnet can bear.",
    },
  },
  promises: {
    label: "Promises",
    safety: "Safety",
    liveness: "Liveness",
    held: "held.",
    heldSince: (heights: number) =>
      heights === 0 ? "No block is final yet." : `One history, ${count(heights, "height")} so far.`,
    broken: (height: number) => `broken at height ${height}.`,
    brokenHow: (what: "blocks" | "states", one: string, other: string) =>
      `${one} and ${other} hold two ${what}, both ${what === "blocks" ? "final" : "certified"}. More nodes lied than the subnet can bear; nothing unites two histories.`,
    beginAnew: "Begin a new subnet",
    progressing: "progressing.",
    halted: "halted.",
    stalled: "stalled.",
    starting: "starting.",
    paused: "paused.",
    needs: (needed: number, speak: number) => `It needs ${needed}, ${speak} can speak.`,
    cutOff: "Too few of them hear each other.",
    stalledFor: (seconds: number) => `Enough can speak, and nothing has become final for ${seconds} s.`,
    cures: "What would heal it",
    cure: (what: string) => `Heal: ${what}`,
  },
  log: {
    empty: "The nodes have not said anything yet.",
    none: "Nothing that was said fits. Widen the filter.",
    forgotten: (n: number) => `${n.toLocaleString("en")} older lines are forgotten.`,
  },
  coming: {
    status: "on its way",
    onItsWay: (name: string) => `${name} is on its way.`,
    pressed: "Noted: it is called as soon as the canister is here.",
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
  icp: {
    broken: "icp.yaml has a mistake",
    needed: (name: string, other: string) =>
      `${name} asks for the id of ${other}, which is not deployed yet. Deploy ${other} first, or all.`,
    badInit: (name: string, because: string) =>
      `The init_args of ${name} do not fit its interface: ${because}.`,
    allDeployed: (names: readonly string[]) =>
      names.length === 1 ? `${names[0]} runs these files.` : `All run these files: ${names.join(", ")}.`,
    deployAll: (names: readonly string[]) => `In the order of need: ${names.join(", ")}.`,
    show: "Its canisters, as the icp command reads them.",
    write: "Written from what is here: its canisters, as the icp command reads them.",
    notAsked: (main: string) =>
      `The zip holds no module of ${main}: nothing of a link is compiled until you press Run it.`,
    notBuilt: (main: string) =>
      `The zip holds no module of ${main}, which does not compile. It builds elsewhere once that is mended.`,
  },
  module: {
    size: (bytes: number, gzip: number | undefined) =>
      `${count(bytes, "byte")}${gzip === undefined ? "" : `, ${count(gzip, "byte")} when compressed with gzip`}.`,
    inside: (functions: number, memories: readonly string[]) =>
      `${count(functions, "function")} of its own; ${memories.length === 0 ? "no memory" : memories.map(memoryWords).join(", ")}.`,
    runs: (name: string) => `It is what runs in ${name}.`,
    runsNot: (name: string) => `${name} runs another module. Deploy installs this one.`,
    notInstalled: "It is not installed. Deploy installs it.",
    stale: "The files have changed since it was built.",
    none: "It has not been built yet.",
    gone: "What was built belongs to a project that is not open.",
    unreadable: (because: string) => `It cannot be taken apart: ${because}.`,
    writing: (bytes: number) => `Writing ${kilobytes(bytes)} as text…`,
    lines: (from: number, to: number, all: number) =>
      `Lines ${from.toLocaleString("en")} to ${to.toLocaleString("en")} of ${all.toLocaleString("en")}`,
    textIntro: "WebAssembly text, as an assembler takes it. Press an export above to read its function.",
    unknownImport: "Not of the IC: its installation will be refused.",
  },
  search: {
    title: "Search in all files",
    hint: "Enter goes to the first line found, the arrows through all of them.",
    found: (n: number, files: number) =>
      n === 0 ? "Not found in any file." : `${count(n, "place")} in ${count(files, "file")}.`,
    cut: (n: number) => `The first ${n} places: there are more.`,
    results: "Places",
    matchCase: "Match case",
    wholeWord: "Whole word",
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
  link: {
    title: (name: string) => `${name} came with a link.`,
    nothingRan: "Nothing of it has run. Your own projects, canisters and keys are out of its reach.",
    files: (n: number, characters: number) => `${count(n, "file")}, ${count(characters, "character")}`,
    calls: (n: number) => `${count(n, "call")} to make after deploying`,
    network: (words: string) => `a subnet of ${words}`,
    networkElsewhere: (words: string) =>
      `It asks for a subnet of ${words}. It would run on the one that is here; reload the page to have the other.`,
    run: "Run it",
    keepMine: "Keep mine",
    notNow: "Not now",
    editedAndLeft: (name: string) =>
      `What you changed in ${name} is kept under your projects. It has not run.`,
    emptyYet: "What the link holds can be read beside. It runs once you press Run it, above.",
    waits: "Nothing of a link runs until you press Run it, above.",
    callFailed: (method: string) => `The link's call of ${method} failed: the calls after it were not made.`,
    noSuchCanister: (file: string) => `The link has a call for ${file}, of which no canister was deployed.`,
    ownUnchanged: "Your own work is here, unchanged.",
  },
  networks: {
    nameOf: (number: number) => (number === 1 ? "My network" : `My network ${number}`),
    title: "Networks",
    states: {
      kept: "kept",
      blocked: "in memory",
      elsewhere: "in memory",
      visit: "in memory",
    },
    why: {
      kept: "This network is written down in this browser as it goes: close the tab, and it goes on when you come back.",
      blocked: "This browser gives the page no files: this network ends with its tab.",
      elsewhere: "Another tab runs the kept network: this one ends with its tab.",
      visit: "A link shaped this network: it ends with its tab.",
    },
    elsewhere: (name: string) => `${name} runs in another tab. This tab has a new network, in memory.`,
    notOpened: (name: string, because: string) =>
      `${name} could not be opened: ${because}. Nothing of it was changed; this tab has a new network, in memory.`,
    full: (because: string) =>
      `The network is paused: it could not be written down (${because}). Nothing is lost. Make room on this device, then go on.`,
    goOn: "Go on",
    copyHere: "Open a copy here",
    copying: (name: string) => `Copying ${name} from the other tab.`,
    copyOf: (name: string) => `${name}, copied`,
    notCopied: (name: string, because: string) => `${name} could not be copied: ${because}.`,
    noAnswer: "the other tab does not answer",
    inUse: (name: string) => `${name} runs in another tab: close that first.`,
    taken: (name: string) => `${name} is here, to be opened.`,
    noFiles: "This browser gives the page no files: networks live as long as their tab.",
    exportHint: "The file holds the keys of its nodes: whoever has it can run this subnet.",
    another: "Another network",
    create: "Create and open",
    import: "Import a file…",
    menu: "Networks…",
    nameless: "This network",
    menuHint: "Open, begin anew, export, import, delete.",
    removeSure: (name: string) => `${name}, its canisters and their data go for good.`,
    unsaved: (because: string) => `Names of canisters could not be kept: ${because}.`,
  },
  network: {
    kill: (canRestart: boolean) =>
      canRestart
        ? "Its worker ends, with all that it held in memory. Restart reads what it had written down."
        : "For good: its worker ends, and this network is not written down.",
    /** What peers found wrong with a node. */
    blamed: (by: string, because: string, times: number) =>
      `${by} found fault with it${times === 1 ? "" : `, ${count(times, "time")}`}: ${because}.`,
  },
  keep: {
    states: {
      saved: "saved",
      saving: "saving",
      full: "not kept: no room",
      blocked: "not kept",
    },
    full: "This browser's storage is full: your last change is only on this page. Export it, or delete projects you no longer need.",
    blocked:
      "This browser keeps nothing for this page (a private window, or storage is blocked). Your work lasts until you close it: export it, or share it as a link.",
    cleared: "This browser's storage was cleared while the page was open. What you see is only here now.",
    writeAgain: "Keep it again",
    conflict: (name: string, copy: string) =>
      `Another tab changed ${name} while you wrote here. Your version is kept as ${copy}.`,
    alsoOpen: (name: string) =>
      `${name} is open in another tab too. What is written there appears here, and the other way round.`,
    takeCopy: "Work on a copy",
    removedElsewhere: (name: string) =>
      `${name} was deleted in another tab. It is still here; writing keeps it again.`,
    removed: (what: string) => `${what} is deleted.`,
    undo: "Undo",
  },
  device: {
    projects: "Your projects",
    title: "On this device",
    none: "None yet: the first change you make begins one.",
    pasteLink: "Link of Embed Motoko",
    fromLink: "From a link",
    imported: (names: readonly string[]) => `${names.join(", ")} ${names.length === 1 ? "is" : "are"} in.`,
    kept: (bytes: number | undefined) =>
      `Every change is kept in this browser half a second later${bytes === undefined ? "" : `, ${megabytes(bytes)} so far`}. So is the network, as long as its panel says “kept”.`,
    persisted: "The browser has promised not to delete it by itself.",
    notPersisted:
      "The browser may delete it when the disk is nearly full. A zip or a link is safe from that.",
    offline: {
      development: "The development server keeps no copy for use without a network; the built page does.",
      unavailable: "This page needs its network at each visit: see below.",
      off: "Not yet ready to open without a network: the subnet starts first.",
      preparing: "Getting ready to open without a network…",
      ready: "This page opens without a network, compilers and examples included.",
      failed: "It could not be made ready to open without a network. The next visit tries again.",
    },
    plainHttp:
      "This page came over plain http. Browsers then withhold the copy for use without a network, the promise to keep storage, and folders. Everything else works; over https, or from localhost, they are there too.",
    wipe: "Wipe this device…",
    wipeSure: (n: number) =>
      `${count(n, "project")}, your keys and settings, and the copy of this page will be deleted for good.`,
    wipeYes: "Delete it all",
    newer: "A new version of Terrarium is here.",
    takeNewer: "Reload with it",
    partMissing:
      "This part of the page could not be fetched. Is its server gone? Reload the page to try again.",
  },
  folder: {
    theFolder: "the folder",
    open: "Its files become a project. Nothing is uploaded.",
    save: "Writes what differs, and tells before it overwrites what changed there.",
    saveInto: "Writes this project's files into a folder that you choose.",
    empty: (name: string) => `${name} holds no files.`,
    tooMuch: (name: string, files: number, bytes: number) =>
      `${name} holds more than ${count(files, "file")} or ${bytes / 1024 / 1024} MiB: choose the folder of one project.`,
    refused: (name: string) =>
      `The browser does not let this page write into ${name}. Your work is kept in this browser as before; save again to be asked again.`,
    gone: (name: string) =>
      `${name}, or a file in it, is no longer where it was. Save into a folder anew to choose another.`,
    failed: (name: string, because: string) => `${name} could not be read or written: ${because}.`,
    saved: (name: string, written: number, removed: number) =>
      written + removed === 0
        ? `${name} has all of this already.`
        : `Saved into ${name}: ${count(written, "file")} written${removed === 0 ? "" : `, ${removed} removed`}.`,
    changed: (name: string, paths: readonly string[]) => `Changed in ${name} meanwhile: ${some(paths)}.`,
    takeThem: "Take them",
    taken: (name: string, paths: readonly string[]) => `Taken from ${name}: ${some(paths)}.`,
    conflictTitle: (name: string) => `Changed here and in ${name}`,
    conflict:
      "These files are no longer as this page last read or wrote them there. Nothing has been written yet.",
    writeMine: "Write mine over them",
    takeTheirs: "Take the folder's",
  },
  frame: {
    open: "Open in Terrarium",
    empty: "This frame's address holds no project.",
    binary: "A binary file.",
  },
  share: {
    intro: "The project itself is in the link. Nothing is uploaded: whoever has the link has the project.",
    holds: "It holds",
    holdsNot:
      "It does not hold the running subnet: canisters' data, cycles and keys stay in this tab. Whoever opens it deploys the code anew.",
    files: (n: number) => count(n, "file"),
    network: "The network",
    calls: (n: number) =>
      `${n === 1 ? "The last call" : `The last ${n} calls`}, to be made again in this order`,
    pinned: (n: number) => `${count(n, "pinned call")}, to be made again in this order`,
    noCalls: "Calls: none made to this project's canisters yet",
    layout: "The sizes of panels",
    length: (n: number) => count(n, "character"),
    long: "Some chat programs cut links longer than 8,000 characters. A zip does not have that trouble.",
    local: (origin: string) => `Only this machine can open it: it begins with ${origin}.`,
    qrTooLong: "The link is too long for a QR code, which holds 2,953 characters.",
    qrLabel: "QR code of the link",
    frame: "A frame for your own page: it shows the code and runs nothing until somebody clicks.",
    zipping: "Packing…",
    elsewhere: "Run it outside the page",
    elsewhereHow:
      "`npm run serve` puts the same subnet behind HTTP, for any agent. In the icp.yaml of a project it is this network; the command prints the root key, which is safer than fetching it:",
    embedMotoko: "Embed Motoko link",
    embedMotokoWhy: "Copies a link that opens this file in Embed Motoko, an editor for single files.",
    tooLongForEmbedMotoko: "The file is too long for an Embed Motoko link.",
    copied: "Copied.",
    copyYourself: "Copy it from the field: the browser does not let this page do it.",
  },
};
const some = (paths: readonly string[]): string =>
  paths.length <= 3 ? paths.join(", ") : `${paths.slice(0, 2).join(", ")} and ${paths.length - 2} more`;
/** `i64 1 4`: width, pages at the start, pages at most. */
function memoryWords(type: string): string {
  const [, wide, from, most] = /^(i64 )?(\d+)(?: (\d+))?$/.exec(type) ?? [];
  const pages = count(Number(from), "page");
  return `a ${wide === undefined ? 32 : 64}-bit memory of ${pages}${most === undefined ? "" : `, at most ${Number(most).toLocaleString("en")}`}`;
}
export const kilobytes = (n: number): string =>
  n < 1024
    ? `${n} bytes`
    : n < 1024 * 1024
      ? `${Math.round(n / 1024)} kB`
      : `${(n / 1024 / 1024).toFixed(1)} MiB`;
export const counted = count;
function megabytes(n: number): string {
  return n < 1024 * 1024 ? `${Math.ceil(n / 1024)} kB` : `${(n / 1024 / 1024).toFixed(1)} MB`;
}
