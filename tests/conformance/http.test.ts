/** Interface §1 against `serve`. */
import { expect, test } from "vitest";
import { http } from "./cases/http.ts";
import { serveWorld } from "./serve-world.ts";

const world = serveWorld(1);
http(world);

test("H23 any origin may ask; answers do not vary by it", async () => {
  const headers = { origin: "https://elsewhere.example", "access-control-request-method": "POST" };
  for (const method of ["OPTIONS", "GET"]) {
    const answer = await fetch(`${world().host}/api/v2/status`, { method, headers });
    expect(answer.headers.get("access-control-allow-origin")).toBe("*");
    expect(answer.headers.get("access-control-allow-methods")).toBe("GET, POST");
    expect(answer.headers.get("access-control-allow-headers")).toBe("Authorization, Accept, Content-Type");
    expect(answer.headers.get("vary")).toBeNull();
  }
});
