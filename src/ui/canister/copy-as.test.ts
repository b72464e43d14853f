import { IDL } from "@icp-sdk/core/candid";
import { Principal } from "@icp-sdk/core/principal";
import { expect, test } from "vitest";
import { readInterface } from "../shared/candid/shape.ts";
import { agentCode, icpCommand } from "./copy-as.ts";

const did = readInterface(`type List = opt record { head : nat; tail : List };
service : { put : (List, name : text, blob, principal) -> (List); get : () -> (nat) query }`);
const [put, get] = did.methods;
const ID = "aaaaa-aa";
const ARGS = `opt record { head = 1; tail = null }, "it's", blob "\\00\\ff", principal "2vxsx-fae"`;

test("a command quotes what the shell would read", () => {
  const call = { canister: ID, method: "put", mode: "update", args: ARGS } as const;
  expect(icpCommand(call, put, "alice")).toBe(
    `icp canister call aaaaa-aa put '(opt record { head = 1; tail = null }, "it'\\''s", blob "\\00\\ff", principal "2vxsx-fae")' --identity alice`,
  );
  const query = { canister: ID, method: "get", mode: "query", args: "" } as const;
  expect(icpCommand(query, get, undefined)).toBe("icp canister call aaaaa-aa get '()' --query");
  const raw = { canister: ID, method: "m", mode: "update", args: "4449444c0000" } as const;
  expect(icpCommand(raw, undefined, undefined)).toBe(
    "icp canister call aaaaa-aa m 4449444c0000 --args-format hex",
  );
});

test("the TypeScript describes the very types and values", () => {
  const code = agentCode({ canister: ID, method: "put", mode: "update", args: ARGS }, put!, did.types);
  const body = /=> \{([\s\S]*?)\n\};/.exec(code)![1]!.replace("return", "return ");
  const service = new Function("IDL", body)(IDL) as IDL.ServiceClass;
  const [, func] = service._fields[0]!;
  const given = /\]\((.*)\)\);\n$/.exec(code)![1]!;
  const values = new Function("Principal", `return [${given}]`)(Principal) as unknown[];
  expect(values).toEqual([[{ head: 1n, tail: [] }], "it's", Uint8Array.of(0, 255), Principal.anonymous()]);
  expect(() => IDL.encode(func.argTypes, values)).not.toThrow();
});
