/** The whole page. */
import { mount } from "svelte";
import { defined } from "../../base/assert.ts";
import App from "./App.svelte";
import { start } from "./start.ts";

void start(); // the nodes need not wait for the first paint
const target = defined(document.getElementById("app") ?? undefined, "index.html has #app");
target.replaceChildren(); // what index.html says meanwhile
mount(App, { target });
