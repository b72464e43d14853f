/** `ic0.msg_*` without cycles, and `accept_message`: the message in hand and the answer to it. Source: interface §4.4, M2. */
import { EMPTY, utf8, utf8Strict } from "../../../base/bytes.ts";
import { principalBytes } from "../../../types/principal.ts";
import { fail, toolchainViolation, userViolation, wrongContext } from "../failure.ts";
import {
  ANSWERING,
  ANYWHERE,
  INSPECTING,
  modeName,
  REJECT_CODE,
  REJECT_MESSAGE,
  WITH_ARGUMENT,
  WITH_CALLER_INFO,
} from "./contexts.ts";
import { define, type ApiFunction } from "./define.ts";
import { copyOut, fromHeap, type Sandbox } from "./sandbox.ts";

const methodName = (s: Sandbox): Uint8Array => utf8(s.situation.method ?? "");

/** In a callback that got a reply there is no message to read. */
function rejectMessage(s: Sandbox, name: string): Uint8Array {
  const { reject, context, task } = s.situation;
  if (reject === undefined) fail(wrongContext(name, modeName(context, task)));
  return utf8(reject.message);
}

function requireUnanswered(s: Sandbox, name: string, stop: string): void {
  if (s.answer !== undefined || s.situation.call.responded)
    fail(toolchainViolation(`ic0.${name}: the call is already replied${stop}`));
}

const size = (read: (s: Sandbox) => Uint8Array, contexts: ApiFunction["contexts"]): ApiFunction =>
  define({ params: [], result: "P", contexts, run: (s) => read(s).length });
const copy = (
  name: string,
  what: string,
  read: (s: Sandbox) => Uint8Array,
  contexts: ApiFunction["contexts"],
  bytes: readonly number[] = [2],
): ApiFunction =>
  define({
    params: ["P", "P", "P"],
    contexts,
    bytes,
    run: (s, dst, offset, n) => copyOut(s, name, what, read(s), dst, offset, n),
  });

const arg = (s: Sandbox): Uint8Array => s.situation.arg;
const caller = (s: Sandbox): Uint8Array => principalBytes(s.situation.caller);
/** Source: interface A52. */
const callerInfo = (s: Sandbox): Uint8Array => s.situation.callerInfo?.info ?? EMPTY;
const callerInfoSigner = (s: Sandbox): Uint8Array =>
  s.situation.callerInfo === undefined ? EMPTY : principalBytes(s.situation.callerInfo.signer);

export const msgFunctions: Readonly<Record<string, ApiFunction>> = {
  msg_arg_data_size: size(arg, WITH_ARGUMENT),
  msg_arg_data_copy: copy("msg_arg_data_copy", "payload", arg, WITH_ARGUMENT),
  msg_caller_size: size(caller, ANYWHERE),
  msg_caller_copy: copy("msg_caller_copy", "id", caller, ANYWHERE),
  msg_caller_info_data_size: size(callerInfo, WITH_CALLER_INFO),
  msg_caller_info_data_copy: copy("msg_caller_info_data_copy", "info", callerInfo, WITH_CALLER_INFO),
  msg_caller_info_signer_size: size(callerInfoSigner, WITH_CALLER_INFO),
  msg_caller_info_signer_copy: copy(
    "msg_caller_info_signer_copy",
    "signer",
    callerInfoSigner,
    WITH_CALLER_INFO,
  ),
  msg_method_name_size: size(methodName, INSPECTING),
  msg_method_name_copy: copy("msg_method_name_copy", "payload", methodName, INSPECTING),

  accept_message: define({
    params: [],
    contexts: INSPECTING,
    run: (s) => {
      if (s.acceptedMessage) fail(toolchainViolation("ic0.accept_message: the function was already called."));
      s.acceptedMessage = true;
    },
  }),

  msg_reject_code: define({
    params: [],
    result: "i32",
    contexts: REJECT_CODE,
    run: (s) => s.situation.reject?.code ?? 0,
  }),
  msg_reject_msg_size: size((s) => rejectMessage(s, "msg_reject_msg_size"), REJECT_MESSAGE),
  msg_reject_msg_copy: copy(
    "msg_reject_msg_copy",
    "msg",
    (s) => rejectMessage(s, "msg_reject_msg_copy"),
    REJECT_MESSAGE,
  ),
  msg_deadline: define({
    params: [],
    result: "i64",
    contexts: ANSWERING,
    run: (s) => s.situation.call.deadline,
  }),

  msg_reply_data_append: define({
    params: ["P", "P"],
    contexts: ANSWERING,
    bytes: [1],
    run: (s, src, n) => {
      requireUnanswered(s, "msg_reply_data_append", ".");
      const total = s.replyBytes + n;
      const max = s.situation.maxReplyBytes;
      if (total > max)
        fail(
          userViolation(
            `ic0.msg_reply_data_append: application payload size (${total}) cannot be larger than ${max}.`,
            "Consider checking the response size and returning an error if it is too long.",
            "msg_reply_data_append-payload-too-large",
          ),
        );
      s.replyData.push(fromHeap(s, "msg.reply", src, n));
      s.replyBytes = total;
    },
  }),
  msg_reply: define({
    params: [],
    contexts: ANSWERING,
    run: (s) => {
      requireUnanswered(s, "msg_reply", "");
      const data = new Uint8Array(s.replyBytes);
      let at = 0;
      for (const part of s.replyData) {
        data.set(part, at);
        at += part.length;
      }
      s.answer = { kind: "reply", data };
    },
  }),
  msg_reject: define({
    params: ["P", "P"],
    contexts: ANSWERING,
    bytes: [1],
    run: (s, src, n) => {
      requireUnanswered(s, "msg_reject", "");
      const max = s.situation.maxReplyBytes;
      if (n > max)
        fail(
          userViolation(
            `ic0.msg_reject: application payload size (${n}) cannot be larger than ${max}.`,
            "Try truncating the error messages that are too long.",
            "msg_reject-payload-too-large",
          ),
        );
      const message = utf8Strict(fromHeap(s, "ic0.msg_reject", src, n));
      if (message === undefined) fail(toolchainViolation("ic0.msg_reject: invalid UTF-8 string provided"));
      s.answer = { kind: "reject", message };
    },
  }),
};
