/** libsodium for Ed25519, compiled once in whatever thread asks for it. */
import { accelerate } from "./ed25519.ts";

export async function loadSodium(): Promise<void> {
  const { default: sodium } = await import("libsodium-wrappers");
  await sodium.ready;
  accelerate({
    sign: (seed, message) =>
      sodium.crypto_sign_detached(message, sodium.crypto_sign_seed_keypair(seed).privateKey),
    verify: (key, message, signature) => sodium.crypto_sign_verify_detached(signature, message, key),
  });
}
