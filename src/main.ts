/** Page entry. */
import "@fontsource-variable/inter/index.css";
import "@fontsource-variable/jetbrains-mono/index.css";
import "./ui/app/theme.css";
import { mount } from "svelte";
import { defined } from "./base/assert.ts";
import App from "./ui/app/App.svelte";
import { start } from "./ui/app/start.ts";

void start(); // the nodes need not wait for the first paint
mount(App, { target: defined(document.getElementById("app") ?? undefined, "index.html has #app") });
