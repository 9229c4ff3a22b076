// A user of matrix-js-sdk with its Rust crypto. Each has a store in memory of its own, so a new login knows nothing.
import assert from "node:assert/strict";
import { CryptoEvent, VerificationPhase, VerifierEvent } from "matrix-js-sdk/lib/crypto-api/index.js";
import { User, until } from "./user.mjs";

// The Rust part writes to the console by itself, whatever the SDK's level is.
if (!process.env.MATRIX_SDK_LOG) {
  for (const level of ["trace", "debug", "log", "info", "warn", "error"]) {
    console[level] = () => {};
  }
}

export class CryptoUser extends User {
  constructor(server, account, name) {
    const sent = [];
    let secretKey;
    super(server, account, name, {
      // What goes to devices, so that a test can look at it.
      fetchFn: (url, request) => {
        if (String(url).includes("/sendToDevice/")) {
          sent.push({ type: decodeURIComponent(String(url).split("/sendToDevice/")[1].split("/")[0]), messages: JSON.parse(request.body).messages });
        }
        return fetch(url, request);
      },
      cryptoCallbacks: {
        getSecretStorageKey: async ({ keys }) => (secretKey ? [Object.keys(keys)[0], secretKey] : null),
        cacheSecretStorageKey: (_id, _info, key) => (secretKey = key),
      },
    });
    this.sent = sent;
    this.useSecretKey = (key) => (secretKey = key);
    this.secretKey = () => secretKey;
  }

  get crypto() {
    return this.client.getCrypto();
  }

  async start() {
    await this.client.initRustCrypto({ useIndexedDB: false });
    return await super.start();
  }

  // Makes cross-signing keys; the first ones take no password.
  async bootstrapCrossSigning() {
    await this.crypto.bootstrapCrossSigning({ setupNewCrossSigning: true, authUploadDeviceSigningKeys: (request) => request(null) });
  }

  // Takes the cross-signing keys out of secret storage and signs the own device with them.
  async takeCrossSigning() {
    assert.ok(await this.crypto.userHasCrossSigningKeys(this.id, true));
    await this.crypto.bootstrapCrossSigning({});
  }

  // Makes secret storage, puts the cross-signing keys there, and makes a key backup.
  async bootstrapSecretStorage() {
    const key = await this.crypto.createRecoveryKeyFromPassphrase();
    await this.crypto.bootstrapSecretStorage({ createSecretStorageKey: async () => key, setupNewSecretStorage: true, setupNewKeyBackup: true });
    return key;
  }

  // The text of an event once it is decrypted.
  async text(roomId, eventId) {
    const event = await this.event(roomId, eventId);
    await until(`${this.name} has decrypted ${eventId}`, () => event.isEncrypted() && !event.isBeingDecrypted() && !event.isDecryptionFailure() && event.getClearContent());
    return event.getContent().body;
  }

  // The next event of that name.
  hears(name) {
    return new Promise((resolve) => this.client.once(name, resolve));
  }

  // The next verification that somebody asks for.
  asked() {
    return this.hears(CryptoEvent.VerificationRequestReceived);
  }

  async devicesOf(userId) {
    return [...((await this.crypto.getUserDeviceInfo([userId], true)).get(userId)?.keys() ?? [])];
  }
}

// Two sides compare emojis, find them equal, and verify each other. Gives the emojis that each side saw.
export async function compareEmojis(request, asked) {
  const other = await asked;
  await other.accept();
  await until("the request is accepted", () => request.phase === VerificationPhase.Ready);
  const verifier = await request.startVerification("m.sas.v1");
  const otherVerifier = await until("the other side has begun", () => other.verifier);
  const seen = await Promise.all([verifier, otherVerifier].map(async (side) => {
    const shown = new Promise((resolve) => side.once(VerifierEvent.ShowSas, resolve));
    const done = side.verify();
    const sas = side.getShowSasCallbacks() ?? (await Promise.race([shown, done]));
    await sas.confirm();
    await done;
    return sas.sas.emoji.map(([picture]) => picture);
  }));
  await until("both sides are done", () => [request, other].every((side) => side.phase === VerificationPhase.Done));
  return seen;
}
