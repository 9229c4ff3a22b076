// End-to-end encryption with matrix-js-sdk and its Rust crypto: cross-signing, two devices, emojis, backup, and a device that is gone.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { CryptoEvent } from "matrix-js-sdk/lib/crypto-api/index.js";
import { CryptoUser, compareEmojis } from "./lib/crypto-user.mjs";
import { Server } from "./lib/server.mjs";
import { login, password, registered, until } from "./lib/user.mjs";

describe("two users of matrix-js-sdk with encryption", { concurrency: false, timeout: 300_000 }, () => {
  let server, alice, tablet, bob, roomId, secretKey;
  const said = [];

  before(async () => {
    server = await Server.start();
    alice = await new CryptoUser(server, await registered(server, "alice"), "alice").start();
    bob = await new CryptoUser(server, await registered(server, "bob"), "bob").start();
  });

  after(async () => {
    alice?.stop();
    tablet?.stop();
    bob?.stop();
    await server?.dispose();
  });

  test("alice and bob make cross-signing keys, and alice keeps hers in secret storage", async () => {
    await alice.bootstrapCrossSigning();
    await bob.bootstrapCrossSigning();
    secretKey = await alice.bootstrapSecretStorage();
    assert.ok(await alice.crypto.isCrossSigningReady());
    assert.ok(await alice.crypto.isSecretStorageReady());
    const status = await alice.crypto.getDeviceVerificationStatus(alice.id, alice.deviceId);
    assert.ok(status.crossSigningVerified);
  });

  test("a second device of alice is signed with the keys from secret storage", async () => {
    tablet = new CryptoUser(server, await login(server, alice.id), "alice's tablet");
    tablet.useSecretKey(secretKey.privateKey);
    await tablet.start();
    await tablet.takeCrossSigning();
    assert.ok(await tablet.crypto.isCrossSigningReady());
    await until("alice's first device trusts the second", async () => {
      await alice.crypto.getUserDeviceInfo([alice.id], true);
      return (await alice.crypto.getDeviceVerificationStatus(alice.id, tablet.deviceId))?.crossSigningVerified;
    });
  });

  test("in an encrypted room all devices read what the others say", async () => {
    roomId = (await alice.client.createRoom({
      preset: "private_chat",
      invite: [bob.id],
      initial_state: [{ type: "m.room.encryption", state_key: "", content: { algorithm: "m.megolm.v1.aes-sha2" } }],
    })).room_id;
    await until("bob is invited", () => bob.membership(roomId) === "invite");
    await bob.client.joinRoom(roomId);
    for (const user of [alice, tablet]) {
      await until(`${user.name} sees bob`, () => user.room(roomId)?.getMember(bob.id)?.membership === "join");
    }
    for (const [user, text] of [[alice, "from the phone"], [bob, "from bob"], [tablet, "from the tablet"]]) {
      const id = await user.say(roomId, text);
      said.push([id, text]);
      for (const reader of [alice, tablet, bob]) {
        assert.equal(await reader.text(roomId, id), text, reader.name);
      }
    }
    const stored = await (await fetch(`${server.baseUrl}/_matrix/client/v3/rooms/${roomId}/event/${said[0][0]}`, {
      headers: { Authorization: `Bearer ${bob.client.getAccessToken()}` },
    })).json();
    assert.equal(stored.type, "m.room.encrypted");
    assert.equal(stored.content.body, undefined);
  });

  test("alice and bob compare emojis and verify each other", async () => {
    const asked = bob.asked();
    const request = await alice.crypto.requestVerificationDM(bob.id, roomId);
    const [mine, theirs] = await compareEmojis(request, asked);
    assert.equal(mine.length, 7);
    assert.deepEqual(mine, theirs);
    for (const [user, other] of [[alice, bob], [bob, alice]]) {
      await until(`${user.name} trusts ${other.name}`, async () => (await user.crypto.getUserVerificationStatus(other.id)).isCrossSigningVerified());
    }
    await until("the tablet hears of it", async () => {
      await tablet.crypto.getUserDeviceInfo([bob.id], true);
      return (await tablet.crypto.getUserVerificationStatus(bob.id)).isCrossSigningVerified();
    });
  });

  test("alice's own devices compare emojis over to-device messages", async () => {
    const asked = tablet.asked();
    const [mine, theirs] = await compareEmojis(await alice.crypto.requestDeviceVerification(alice.id, tablet.deviceId), asked);
    assert.deepEqual(mine, theirs);
  });

  test("a new login restores the backup and reads what was said before it", async () => {
    const backup = await until("the keys are in the backup", async () => {
      const info = await alice.client.http.authedRequest("GET", "/room_keys/version");
      return info.count >= said.length && info;
    });
    const fresh = new CryptoUser(server, await login(server, alice.id), "alice's new phone");
    fresh.useSecretKey(secretKey.privateKey);
    await fresh.start();
    try {
      await fresh.takeCrossSigning();
      await fresh.crypto.loadSessionBackupPrivateKeyFromSecretStorage();
      const check = await fresh.crypto.checkKeyBackupAndEnable();
      assert.equal(check?.backupInfo.version, backup.version);
      assert.ok(check.trustInfo.trusted);
      const { imported, total } = await fresh.crypto.restoreKeyBackup();
      assert.ok(imported >= said.length && imported === total, `${imported} of ${total}`);
      await until("the room is there", () => fresh.room(roomId));
      while (fresh.room(roomId).getLiveTimeline().getPaginationToken("b")) {
        await fresh.client.scrollback(fresh.room(roomId), 25);
      }
      for (const [id, text] of said) {
        assert.equal(await fresh.text(roomId, id), text);
      }
    } finally {
      fresh.stop();
    }
  });

  test("a dehydrated device receives keys for the next login", async () => {
    assert.ok(await alice.crypto.isDehydrationSupported());
    const created = alice.hears(CryptoEvent.DehydratedDeviceCreated);
    await alice.crypto.startDehydration();
    await created;
    const sleeper = await until("bob knows the dehydrated device", async () => {
      const devices = (await bob.crypto.getUserDeviceInfo([alice.id], true)).get(alice.id);
      return [...devices.values()].find((device) => device.dehydrated);
    });
    bob.sent.length = 0;
    const id = await bob.say(roomId, "to nobody who is awake");
    const receivers = bob.sent.filter((m) => m.type === "m.room.encrypted").flatMap((m) => Object.keys(m.messages[alice.id] ?? {}));
    assert.ok(receivers.includes(sleeper.deviceId), `keys went to ${receivers}`);

    const fresh = new CryptoUser(server, await login(server, alice.id), "alice's next phone");
    fresh.useSecretKey(secretKey.privateKey);
    await fresh.start();
    try {
      await fresh.takeCrossSigning();
      let keys = 0;
      fresh.client.on(CryptoEvent.RehydrationProgress, (count) => (keys = count));
      const completed = fresh.hears(CryptoEvent.RehydrationCompleted);
      await fresh.crypto.startDehydration({ createNewKey: false, rehydrate: true });
      await completed;
      assert.ok(keys > 0, "the dehydrated device brought room keys");
      assert.equal(await fresh.text(roomId, id), "to nobody who is awake");
      await until("another one takes its place", async () => {
        const { device_id } = await fresh.client.http.authedRequest("GET", "/dehydrated_device", {}, undefined, { prefix: "/_matrix/client/unstable/org.matrix.msc3814.v1" });
        return device_id !== sleeper.deviceId;
      });
    } finally {
      fresh.stop();
    }
  });

  test("a removed device gets no new keys", async () => {
    const { event: before } = await bob.event(roomId, await bob.say(roomId, "while the tablet is there"));
    assert.ok(before.content.session_id);
    tablet.stop();
    await assert.rejects(alice.client.deleteDevice(tablet.deviceId), (error) => error.httpStatus === 401);
    const { session } = await alice.client.deleteDevice(tablet.deviceId).catch((error) => error.data);
    await alice.client.deleteDevice(tablet.deviceId, { type: "m.login.password", identifier: { type: "m.id.user", user: alice.id }, password, session });
    await until("bob hears that the tablet is gone", async () => !(await bob.devicesOf(alice.id)).includes(tablet.deviceId));
    bob.sent.length = 0;
    const id = await bob.say(roomId, "without the tablet");
    assert.equal(await alice.text(roomId, id), "without the tablet");
    const { event: afterwards } = await bob.event(roomId, id);
    assert.notEqual(afterwards.content.session_id, before.content.session_id);
    const receivers = bob.sent.filter((m) => m.type === "m.room.encrypted").flatMap((m) => Object.keys(m.messages[alice.id] ?? {}));
    assert.ok(receivers.includes(alice.deviceId), `keys went to ${receivers}`);
    assert.ok(!receivers.includes(tablet.deviceId), `keys went to ${receivers}`);
  });
});
