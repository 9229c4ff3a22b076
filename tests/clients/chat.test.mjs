// Two users of matrix-js-sdk chat through one server, which is stopped and killed under them.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Server } from "./lib/server.mjs";
import { register, until } from "./lib/user.mjs";

describe("two users of matrix-js-sdk", { concurrency: false, timeout: 300_000 }, () => {
  let server, alice, bob, roomId;

  before(async () => {
    server = await Server.start();
    alice = await (await register(server, "alice")).start();
    bob = await (await register(server, "bob")).start();
  });

  after(async () => {
    alice?.stop();
    bob?.stop();
    await server?.dispose();
  });

  test("alice makes a room and invites bob, who sees the invite with its name", async () => {
    roomId = (await alice.client.createRoom({ name: "The Grand Duke Pub", preset: "private_chat", invite: [bob.id] })).room_id;
    await until("bob is invited", () => bob.membership(roomId) === "invite");
    assert.equal(bob.room(roomId).name, "The Grand Duke Pub");
  });

  test("bob joins and both see both as members", async () => {
    await bob.client.joinRoom(roomId);
    await until("bob is in", () => bob.membership(roomId) === "join");
    await until("alice sees bob", () => alice.room(roomId)?.getMember(bob.id)?.membership === "join");
    assert.deepEqual(bob.room(roomId).getJoinedMembers().map((m) => m.userId).sort(), [alice.id, bob.id].sort());
  });

  test("they talk and each hears the other in order", async () => {
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

  test("an edit replaces what both show", async () => {
    const original = await alice.say(roomId, "helo");
    await alice.client.sendEvent(roomId, "m.room.message", {
      msgtype: "m.text", body: "* hello", "m.new_content": { msgtype: "m.text", body: "hello" }, "m.relates_to": { rel_type: "m.replace", event_id: original },
    });
    const event = await bob.event(roomId, original);
    await until("bob shows the edit", () => event.getContent().body === "hello");
    assert.equal(event.getOriginalContent().body, "helo");
  });

  test("a reaction is counted", async () => {
    const message = await alice.say(roomId, "react to this");
    await bob.event(roomId, message);
    await bob.client.sendEvent(roomId, "m.reaction", { "m.relates_to": { rel_type: "m.annotation", event_id: message, key: "👍" } });
    const reactions = await until("alice sees the reaction", () => alice.room(roomId).relations.getChildEventsForEvent(message, "m.annotation", "m.reaction"));
    await until("it is counted", () => reactions.getSortedAnnotationsByKey()?.some(([key, events]) => key === "👍" && events.size === 1));
  });

  test("a redaction empties the event for both", async () => {
    const message = await bob.say(roomId, "never mind");
    const event = await alice.event(roomId, message);
    await bob.client.redactEvent(roomId, message, undefined, { reason: "typo" });
    await until("alice sees it redacted", () => event.isRedacted());
    assert.deepEqual(event.getContent(), {});
  });

  test("a thread holds its replies apart from the main timeline", async () => {
    const root = await alice.say(roomId, "let us talk about this in a thread");
    await bob.event(roomId, root);
    const withBody = (user, body) =>
      [...(user.room(roomId).getThread(root)?.events ?? []), ...user.timeline(roomId)].find((e) => e.getContent().body === body && e.getId().startsWith("$"));
    const reply = async (user, body) => {
      try {
        return (await user.client.sendEvent(roomId, "m.room.message", {
          msgtype: "m.text", body, "m.relates_to": { rel_type: "m.thread", event_id: root, is_falling_back: true, "m.in_reply_to": { event_id: root } },
        })).event_id;
      } catch (error) {
        // The SDK stumbles in threads, and only there, when the sync brings an event before the answer to its send does. The event is sent all the same.
        if (!error.message.includes("not a local echo")) {
          throw error;
        }
        return (await until(`${user.name} has "${body}"`, () => withBody(user, body))).getId();
      }
    };
    const first = await reply(bob, "first reply");
    const second = await reply(alice, "second reply");
    for (const user of [alice, bob]) {
      for (const id of [first, second]) {
        const event = await user.event(roomId, id);
        assert.equal(event.threadRootId, root);
      }
      if (!server.hasRelations) {
        continue;
      }
      const thread = await until(`${user.name} has the thread`, () => user.room(roomId).getThread(root));
      await until(`${user.name} has both replies`, () => [first, second].every((id) => thread.findEventById(id)));
      assert.ok(!user.timeline(roomId).some((e) => e.getId() === first));
    }
  });

  test("a read receipt is shown and clears the unread count", async () => {
    const message = await alice.say(roomId, "read this");
    const event = await bob.event(roomId, message);
    await until("bob has something unread", () => bob.room(roomId).getUnreadNotificationCount("total") > 0);
    await bob.client.sendReadReceipt(event, "m.read", true);
    await until("bob has nothing unread", () => bob.room(roomId).getUnreadNotificationCount("total") === 0);
    await until("alice sees that bob read it", () => alice.room(roomId).getEventReadUpTo(bob.id, true) === message);
  });

  test("a user with a new session pages back to the beginning", async () => {
    for (let i = 0; i < 40; i++) {
      await alice.say(roomId, `history ${i}`);
    }
    const again = await (await loginAgain(server, bob)).start();
    try {
      const room = await until("the room is there", () => again.room(roomId));
      while (room.getLiveTimeline().getPaginationToken("b")) {
        await again.client.scrollback(room, 25);
      }
      const events = again.timeline(roomId);
      assert.equal(events[0].getType(), "m.room.create");
      const history = events.map((e) => e.getContent().body).filter((b) => b?.startsWith("history "));
      assert.deepEqual(history, Array.from({ length: 40 }, (_, i) => `history ${i}`));
    } finally {
      again.stop();
    }
  });

  for (const way of ["stop", "kill"]) {
    test(`after a ${way} and a new start both go on and miss nothing`, async () => {
      const beforeIt = await alice.say(roomId, `before the ${way}`);
      await server[way]();
      await until("the client has noticed", () => ["RECONNECTING", "ERROR"].includes(bob.client.getSyncState()));
      await server.startAgain();
      bob.client.retryImmediately();
      alice.client.retryImmediately();
      const ids = [beforeIt];
      for (let i = 0; i < 30; i++) {
        ids.push(await alice.say(roomId, `after the ${way} ${i}`));
      }
      for (const user of [alice, bob]) {
        await user.event(roomId, ids.at(-1));
        assert.deepEqual(await user.heard(roomId, ids), ids, user.name);
      }
    });
  }

  test("bob leaves and alice sees it", async () => {
    await bob.client.leave(roomId);
    await until("alice sees bob gone", () => alice.room(roomId).getMember(bob.id)?.membership === "leave");
    await until("bob is out", () => bob.membership(roomId) === "leave");
  });
});

async function loginAgain(server, user) {
  const { User } = await import("./lib/user.mjs");
  const answer = await fetch(`${server.baseUrl}/_matrix/client/v3/login`, {
    method: "POST",
    body: JSON.stringify({ type: "m.login.password", identifier: { type: "m.id.user", user: user.id }, password: "correct horse battery staple" }),
  });
  assert.equal(answer.status, 200);
  return new User(server, await answer.json(), `${user.name}-again`);
}
