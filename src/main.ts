/** Page entry. In somebody's frame the page is the compact one, which knows none of this browser's projects. */
import "@fontsource-variable/inter/index.css";
import "@fontsource-variable/jetbrains-mono/index.css";
import "./ui/app/theme.css";

const framed = window.top !== window.self || new URLSearchParams(location.search).has("embed");
if (!framed) void import("./ui/app/early.ts");
void (framed ? import("./ui/app/frame.ts") : import("./ui/app/page.ts"));
