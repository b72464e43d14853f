/** The compact page for frames (`?embed=run`): code to read, and nothing else is loaded until somebody clicks. */
import { mount } from "svelte";
import { defined } from "../../base/assert.ts";
import Frame from "./Frame.svelte";

mount(Frame, { target: defined(document.getElementById("app") ?? undefined, "index.html has #app") });
