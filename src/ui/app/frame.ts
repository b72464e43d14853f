/** The compact page for frames (`?embed=run`): code to read, and nothing else is loaded until somebody clicks. */
import { mount } from "svelte";
import { defined } from "../../base/assert.ts";
import Frame from "./Frame.svelte";

const target = defined(document.getElementById("app") ?? undefined, "index.html has #app");
target.replaceChildren(); // what index.html says meanwhile
mount(Frame, { target });
