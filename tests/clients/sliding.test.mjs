// A user of matrix-js-sdk's sliding sync beside one of /sync: the same rooms, messages and invites.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import * as sdk from "matrix-js-sdk";
import { SlidingSync } from "matrix-js-sdk/lib/sliding-sync.js";
import { Server } from "./lib/server.mjs";
import { register, until } from "./lib/user.mjs";

// Starts a registered user's client on sliding sync instead of /sync.
async function slide(user) {
  const required_state = [["*", "*"]];
  const lists = new Map([["all", { ranges: [[0, 99]], timeline_limit: 5, required_state }]]);
  const sliding = new SlidingSync(user.server.baseUrl, lists, { timeline_limit: 20, required_state }, user.client, 5_000);
  await user.client.startClient({ slidingSync: sliding, pendingEventOrdering: sdk.PendingEventOrdering.Detached });
  await until(`${user.name} is prepared`, () => ["PREPARED", "SYNCING"].includes(user.client.getSyncState()));
  return sliding;
}

describe("a user of sliding sync", { concurrency: false, timeout: 300_000 }, () => {
  let server, alice, bob, sliding, roomId;

  before(async () => {
    server = await Server.start();
    alice = await (await register(server, "alice")).start();
    bob = await register(server, "bob");
    sliding = await slide(bob);
  });

  after(async () => {
    sliding?.stop();
    alice?.stop();
    bob?.stop();
    await server?.dispose();
  });

  test("is invited, sees the room's name and joins", async () => {
    roomId = (await alice.client.createRoom({ name: "The Grand Duke Pub", preset: "private_chat", invite: [bob.id] })).room_id;
    await until("bob is invited", () => bob.membership(roomId) === "invite");
    assert.equal(bob.room(roomId).name, "The Grand Duke Pub");
    await bob.client.joinRoom(roomId);
    await until("bob is in", () => bob.membership(roomId) === "join");
    await until("bob sees alice", () => bob.room(roomId).getMember(alice.id)?.membership === "join");
  });

  test("hears and is heard in order", async () => {
    const ids = [];
    for (let i = 0; i < 5; i++) {
      ids.push(await alice.say(roomId, `alice ${i}`));
      ids.push(await bob.say(roomId, `bob ${i}`));
    }
    for (const user of [alice, bob]) {
      await user.event(roomId, ids.at(-1));
      assert.deepEqual(await user.heard(roomId, ids), ids, user.name);
    }
  });

  test("sees state change, typing and receipts", async () => {
    await alice.client.sendStateEvent(roomId, "m.room.topic", { topic: "darts" }, "");
    await until("the topic", () => bob.room(roomId).currentState.getStateEvents("m.room.topic", "")?.getContent().topic === "darts");
    await alice.client.sendTyping(roomId, true, 20_000);
    await until("alice types", () => bob.room(roomId).getMember(alice.id).typing);
    const id = await bob.say(roomId, "read this");
    const event = await alice.event(roomId, id);
    await alice.client.sendReadReceipt(event);
    await until("alice has read", () => bob.room(roomId).hasUserReadEvent(alice.id, id));
  });

  test("gets account data and to-device messages", async () => {
    await bob.client.setAccountData("test.data", { n: 1 });
    await until("own data", () => bob.client.getAccountData("test.data")?.getContent().n === 1);
    const heard = new Promise((resolve) => bob.client.once(sdk.ClientEvent.ToDeviceEvent, resolve));
    await alice.client.sendToDevice("test.message", new Map([[bob.id, new Map([[bob.client.getDeviceId(), { secret: 42 }]])]]));
    assert.equal((await heard).getContent().secret, 42);
  });

  test("starts a new connection when the server has forgotten the old one, and misses nothing", async () => {
    await server.kill();
    await server.startAgain();
    const id = await until("alice can send again", () => alice.say(roomId, "after the restart").catch(() => null));
    await bob.event(roomId, id);
  });
});
