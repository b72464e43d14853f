/**
 * The jobs of `jobs.ts` on @ethereumjs/vm, one copy, no consensus: signed transactions as a browser wallet would send
 * them, and bare calls of the interpreter. The package is looked up by name at run time: only the bench needs it.
 */
interface Evm {
  readonly transactions: number;
  readonly calls: number;
}

// biome-ignore lint/suspicious/noExplicitAny: a library that has no part in the build
type Any = any;
const load = (name: string): Promise<Any> => import(/* @vite-ignore */ `@ethereumjs/${name}`);

/** slot 0 += 1, returned. */
const COUNTER = "0x60005460010160005560005460005260206000f3";
/** balance[caller] -= amount; balance[to] += amount; (to, amount) in 32 bytes each. */
const LEDGER = "0x6020358033540333556000355401600035550000";

export async function evmPerSecond(job: "counter" | "ledger"): Promise<Evm> {
  const [{ createVM, runTx }, util, { createLegacyTx }, { Common, Hardfork, Mainnet }] = await Promise.all(
    ["vm", "util", "tx", "common"].map(load) as [Promise<Any>, Promise<Any>, Promise<Any>, Promise<Any>],
  );
  const common = new Common({ chain: Mainnet, hardfork: Hardfork.Cancun });
  const vm = await createVM({ common });
  const key = new Uint8Array(32).fill(1);
  const sender = createLegacyTx({}, { common }).sign(key).getSenderAddress();
  await vm.stateManager.putAccount(sender, new util.Account(0n, 10n ** 24n));
  const to = util.createAddressFromString(`0x${"11".repeat(20)}`);
  await vm.stateManager.putCode(to, util.hexToBytes(job === "counter" ? COUNTER : LEDGER));
  const data = job === "counter" ? new Uint8Array() : new Uint8Array(64).fill(1);

  const signed = Array.from({ length: 100 }, (_, nonce) =>
    createLegacyTx(
      { nonce: BigInt(nonce), gasLimit: 200_000n, gasPrice: 10n ** 9n, to, data },
      { common },
    ).sign(key),
  );
  const transactions = await rate(signed.length, (i) =>
    runTx(vm, { tx: signed[i], skipBlockGasLimitValidation: true, skipHardForkValidation: true }),
  );
  const calls = await rate(1_000, () => vm.evm.runCall({ caller: sender, to, data, gasLimit: 200_000n }));
  return { transactions, calls };
}

async function rate(count: number, run: (i: number) => Promise<unknown>): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < count; i++) await run(i);
  return (count / (performance.now() - start)) * 1000;
}
