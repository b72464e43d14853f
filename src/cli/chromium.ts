/** Finds a Chromium, or gets one, or fails with a sentence. Never a silent skip. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const SYSTEM = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

export function findChromium(): string {
  const named = process.env.CHROMIUM_PATH;
  if (named !== undefined) {
    if (existsSync(named)) return named;
    throw new Error(`CHROMIUM_PATH names ${named}, where there is no file.`);
  }
  const found = [...SYSTEM, chromium.executablePath()].find((p) => p !== "" && existsSync(p));
  return found ?? install();
}

function install(): string {
  const debian = process.getuid?.() === 0 && existsSync("/etc/debian_version");
  if (debian) {
    process.stderr.write("No Chromium here: installing Debian's.\n");
    spawnSync("apt-get", ["update", "-qq"], { stdio: "ignore" });
    const args = ["install", "-y", "-qq", "--no-install-recommends", "chromium", "fonts-dejavu-core"];
    spawnSync("apt-get", args, { stdio: "ignore" });
    if (existsSync(SYSTEM[0]!)) return SYSTEM[0]!;
  }
  throw new Error(
    "The browser tests need a Chromium. Install one (Debian: apt install chromium), or set CHROMIUM_PATH to one.",
  );
}

/** The address bar's popups are pages of their own: each window of a test paid a second of two cores for them. */
const POPUPS = ["WebUIOmniboxPopup", "WebUIOmniboxFullPopup", "WebUIOmniboxAimPopup", "OmniboxPopupWebUI"];
/** The last such switch is the one that counts: what playwright-core switches off and matters here is named again. */
const OFF = [
  ...POPUPS,
  "AimEnabled",
  "AvoidCorsURLLoaderRestartOnRedirect",
  "AvoidUnnecessaryBeforeUnloadCheckSync",
  "CDPScreenshotNewSurface",
  "DestroyProfileOnBrowserClose",
  "HttpsFirstBalancedModeAutoEnable",
  "HttpsUpgrades",
  "LensOverlay",
  "MediaRouter",
  "NetworkTimeServiceQuerying",
  "OptimizationHints",
  "PaintHolding",
  "PreconnectToSearch",
  "ThirdPartyStoragePartitioning",
  "Translate",
];

export const launch = (): Promise<Browser> =>
  chromium.launch({
    executablePath: findChromium(),
    headless: true,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      `--disable-features=${OFF.join(",")}`,
    ],
  });
