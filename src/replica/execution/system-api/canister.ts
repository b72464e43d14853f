/** What a canister may ask about itself, its environment, time and certified data. Source: interface §4.4, S35, S36, C42. */
import { compareBytes, toHex, utf8, utf8Strict } from "../../../base/bytes.ts";
import { principalBytes } from "../../../types/principal.ts";
import {
  fail,
  type Failure,
  invalidPrincipal,
  toolchainViolation,
  userViolation,
  wrongContext,
} from "../failure.ts";
import {
  ANYWHERE,
  ANYWHERE_OR_START,
  CERTIFYING,
  modeName,
  REPLICATED,
  REPLICATED_OR_START,
  SETTING_TIMER,
  WITH_CERTIFICATE,
} from "./contexts.ts";
import { define, type ApiFunction } from "./define.ts";
import { copyOut, fromHeap, heap, requireInside, type Sandbox } from "./sandbox.ts";

const STATUS = { running: 1, stopping: 2, stopped: 3 } as const;
const CERTIFIED_DATA_MAX_BYTES = 32;
const MAX_VARIABLE_NAME_BYTES = 128;

/** A size and a copy function over the same bytes. */
const readable = (
  name: string,
  contexts: ApiFunction["contexts"],
  what: string,
  bytesOf: (s: Sandbox) => Uint8Array,
): Record<string, ApiFunction> => ({
  [`${name}_size`]: define({ params: [], result: "P", contexts, run: (s) => bytesOf(s).length }),
  [`${name}_copy`]: define({
    params: ["P", "P", "P"],
    contexts,
    bytes: [2],
    run: (s, dst, offset, size) => copyOut(s, `${name}_copy`, what, bytesOf(s), dst, offset, size),
  }),
});

/** Where there is none, the functions are as forbidden as in other contexts. */
function certificate(s: Sandbox, name: string): Uint8Array {
  const { certificate: shown, context, task } = s.situation;
  if (shown === undefined) fail(wrongContext(name, modeName(context, task)));
  return shown;
}

const dataCertificate: Readonly<Record<string, ApiFunction>> = {
  data_certificate_size: define({
    params: [],
    result: "P",
    contexts: WITH_CERTIFICATE,
    run: (s) => certificate(s, "data_certificate_size").length,
  }),
  data_certificate_copy: define({
    params: ["P", "P", "P"],
    contexts: WITH_CERTIFICATE,
    bytes: [2],
    run: (s, dst, offset, size) => {
      const bytes = certificate(s, "data_certificate_copy");
      requireInside("ic0_data_certificate_copy", "offset", offset, size, bytes.length);
      requireInside("ic0_data_certificate_copy", "dst", dst, size, s.instance.memory().length);
      copyOut(s, "data_certificate_copy", "data", bytes, dst, offset, size);
    },
  }),
};

/** Names in byte order: the order of the indexes. */
const variables = (s: Sandbox): { readonly name: Uint8Array; readonly value: Uint8Array }[] =>
  s.canister.settings.environmentVariables
    .map(({ name, value }) => ({ name: utf8(name), value: utf8(value) }))
    .sort((a, b) => compareBytes(a.name, b.name));

function variableName(s: Sandbox, index: number): Uint8Array {
  const all = variables(s);
  const found = all[index];
  if (found === undefined)
    fail({
      error: "IC0504",
      text: `Environment variable index ${index} is out of bounds. The number of environment variables is ${all.length}.`,
      help: "",
    });
  return found.name;
}

/** Mainnet has advice and no page for it. */
const notText = (error: string): Failure => ({
  ...userViolation(error),
  help: "Provide a valid UTF-8 string for the environment variable name. See documentation: ",
});

function givenName(s: Sandbox, api: string, src: number, size: number): string {
  if (size > MAX_VARIABLE_NAME_BYTES) fail(userViolation(`ic0.${api}: Variable name is too large.`));
  const name = utf8Strict(heap(s, `ic0.${api} ${api === "env_var_value_copy" ? "name" : "heap"}`, src, size));
  if (name === undefined) fail(notText(`ic0.${api}: Variable name is not a valid UTF-8 string.`));
  return name;
}

const lookup = (s: Sandbox, name: string): string | undefined =>
  s.canister.settings.environmentVariables.find((v) => v.name === name)?.value;

function value(s: Sandbox, api: string, src: number, size: number): Uint8Array {
  const name = givenName(s, api, src, size);
  const found = lookup(s, name);
  if (found === undefined)
    fail({ error: "IC0504", text: `Environment variable ${name} not found.`, help: "" });
  return utf8(found);
}

const environment: Readonly<Record<string, ApiFunction>> = {
  env_var_count: define({
    params: [],
    result: "P",
    contexts: ANYWHERE,
    run: (s) => s.canister.settings.environmentVariables.length,
  }),
  env_var_name_size: define({
    params: ["P"],
    result: "P",
    contexts: ANYWHERE,
    run: (s, index) => variableName(s, index).length,
  }),
  env_var_name_copy: define({
    params: ["P", "P", "P", "P"],
    contexts: ANYWHERE,
    bytes: [3],
    run: (s, index, dst, offset, size) =>
      copyOut(s, "env_var_name_copy", "name", variableName(s, index), dst, offset, size),
  }),
  env_var_name_exists: define({
    params: ["P", "P"],
    result: "i32",
    contexts: ANYWHERE,
    bytes: [1],
    run: (s, src, size) => (lookup(s, givenName(s, "env_var_name_exists", src, size)) === undefined ? 0 : 1),
  }),
  env_var_value_size: define({
    params: ["P", "P"],
    result: "P",
    contexts: ANYWHERE,
    bytes: [1],
    run: (s, src, size) => value(s, "env_var_value_size", src, size).length,
  }),
  env_var_value_copy: define({
    params: ["P", "P", "P", "P", "P"],
    contexts: ANYWHERE,
    bytes: [1, 4],
    run: (s, src, nameSize, dst, offset, size) => {
      const bytes = value(s, "env_var_value_copy", src, nameSize);
      copyOut(s, "env_var_value_copy", "value", bytes, dst, offset, size);
    },
  }),
};

export const canisterFunctions: Readonly<Record<string, ApiFunction>> = {
  ...readable("canister_self", ANYWHERE, "id", (s) => principalBytes(s.canister.id)),
  ...readable("subnet_self", ANYWHERE, "id", (s) => principalBytes(s.situation.subnet.id)),
  ...readable("root_key", REPLICATED, "bytes", (s) => s.situation.subnet.publicKeyDer),
  ...dataCertificate,
  ...environment,
  canister_status: define({
    params: [],
    result: "i32",
    contexts: ANYWHERE,
    run: (s) => STATUS[s.canister.status.kind],
  }),
  canister_version: define({
    params: [],
    result: "i64",
    contexts: ANYWHERE,
    run: (s) => s.canister.version,
  }),
  is_controller: define({
    params: ["P", "P"],
    result: "i32",
    contexts: ANYWHERE_OR_START,
    cost: 1_000,
    bytes: [1],
    run: (s, src, size) => {
      const id = fromHeap(s, "ic0.is_controller", src, size);
      if (id.length > 29) fail(invalidPrincipal);
      return s.canister.settings.controllers.includes(toHex(id)) ? 1 : 0;
    },
  }),
  in_replicated_execution: define({
    params: [],
    result: "i32",
    contexts: ANYWHERE_OR_START,
    run: (s) => (REPLICATED_OR_START.has(s.situation.context) ? 1 : 0),
  }),
  certified_data_set: define({
    params: ["P", "P"],
    contexts: CERTIFYING,
    bytes: [1],
    run: (s, src, size) => {
      if (size > CERTIFIED_DATA_MAX_BYTES)
        fail(
          userViolation(
            `ic0_certified_data_set failed because the passed data must be no larger than ${CERTIFIED_DATA_MAX_BYTES} bytes. Found ${size} bytes.`,
            "Try certifying just the hash of your data instead of the full contents.",
            "certified_data_set-payload-too-large",
          ),
        );
      requireInside("ic0_certified_data_set", "src", src, size, s.instance.memory().length);
      s.certifiedData = fromHeap(s, "ic0.certified_data_set", src, size);
    },
  }),
  data_certificate_present: define({
    params: [],
    result: "i32",
    contexts: ANYWHERE,
    run: (s) => (s.situation.certificate === undefined ? 0 : 1),
  }),
  time: define({ params: [], result: "i64", contexts: ANYWHERE, run: (s) => s.situation.time }),
  global_timer_set: define({
    params: ["i64"],
    result: "i64",
    contexts: SETTING_TIMER,
    run: (s, at) => {
      const before = s.globalTimer;
      s.globalTimer = at;
      return before;
    },
  }),
  performance_counter: define({
    params: ["i32"],
    result: "i64",
    contexts: ANYWHERE_OR_START,
    cost: 200,
    run: (s, type) => {
      const here = s.situation.instructionLimit - s.instance.counter();
      if (type === 0) return here;
      if (type === 1) return here + s.situation.call.instructions;
      return fail(toolchainViolation(`Error getting performance counter type ${type}`));
    },
  }),
};
