/** Whether this page would open without a network, and whether a newer one waits. Served by `workers/offline.sw.ts`. */
import { project } from "../shared/project.svelte.ts";

const TAKE_OVER_MS = 4_000;

class Offline {
  state = $state<"development" | "unavailable" | "off" | "preparing" | "ready" | "failed">(
    import.meta.env.DEV
      ? "development"
      : isSecureContext && "serviceWorker" in navigator
        ? "off"
        : "unavailable",
  );
  /** Another version is here, whole, and waits to be taken. */
  newer = $state(false);
  #registration: ServiceWorkerRegistration | undefined;

  /** When the subnet runs: fetching all files must not slow the first look. */
  async prepare(): Promise<void> {
    if (this.state !== "off") return;
    try {
      this.state = "preparing";
      const registration = await navigator.serviceWorker.register(new URL("sw.js", document.baseURI));
      this.#registration = registration;
      this.#watch(registration.installing);
      registration.addEventListener("updatefound", () => this.#watch(registration.installing));
      if (registration.active !== null) this.#ready();
      if (registration.waiting !== null) this.newer = registration.active !== null;
    } catch {
      this.state = "failed";
    }
  }
  #watch(worker: ServiceWorker | null): void {
    worker?.addEventListener("statechange", () => {
      if (worker.state === "installed") this.newer = this.#registration?.active != null;
      if (worker.state === "activated") this.#ready();
      if (worker.state === "redundant" && this.#registration?.active == null) this.state = "failed";
    });
  }
  #ready(): void {
    this.state = "ready";
    document.documentElement.dataset.offline = "ready";
  }
  /** The next page is the newer one. */
  async takeNewer(): Promise<void> {
    project.flush();
    await project.settled();
    const waiting = this.#registration?.waiting;
    if (waiting == null) return location.reload();
    navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
    // The old worker first ends what it is fetching; a button that does nothing meanwhile would be pressed again.
    setTimeout(() => location.reload(), TAKE_OVER_MS);
    waiting.postMessage("take over");
  }
}
export const offline = new Offline();
