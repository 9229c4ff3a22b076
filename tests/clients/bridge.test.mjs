// A bridge built with matrix-appservice-bridge: its users, its rooms, and what it is told, also after the server was killed.
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { AppServiceRegistration, Bridge, Logger } from "./lib/bridge.mjs";
import { freePort, Server } from "./lib/server.mjs";
import { register, until } from "./lib/user.mjs";

Logger.configure({ console: process.env.MATRIX_SDK_LOG ?? "off" });

describe("a bridge of matrix-appservice-bridge", { concurrency: false, timeout: 300_000 }, () => {
  const told = [];
  const ephemeral = [];
  const asked = [];
  let server, bridge, alice, folder, roomId;

  before(async () => {
    const port = await freePort();
    const registration = new AppServiceRegistration(`http://127.0.0.1:${port}`);
    registration.setId("irc");
    registration.setHomeserverToken("hs_token_of_the_bridge");
    registration.setAppServiceToken("as_token_of_the_bridge");
    registration.setSenderLocalpart("irc_bot");
    registration.setRateLimited(false);
    registration.addRegexPattern("users", "@_irc_.*", true);
    registration.addRegexPattern("aliases", "#_irc_.*", true);
    registration.pushEphemeral = true;
    folder = await mkdtemp(join(tmpdir(), "matrix-orleans-bridge-"));
    const file = join(folder, "registration.yaml");
    await writeFile(file, JSON.stringify(registration.getOutput()));
    server = await Server.start(["--app-services", file]);
    bridge = new Bridge({
      homeserverUrl: server.baseUrl,
      domain: "localhost",
      registration,
      disableStores: true,
      suppressEcho: false,
      controller: {
        onEvent: (request) => told.push(request.getData()),
        onEphemeralEvent: (request) => ephemeral.push(request.getData()),
        onUserQuery: (user) => {
          asked.push(user.getId());
          return { name: "Made when asked for" };
        },
        onAliasQuery: (alias) => {
          asked.push(alias);
          return { creationOpts: { preset: "public_chat", name: "A channel", room_alias_name: alias.slice(1).split(":")[0] } };
        },
      },
    });
    await bridge.run(port, undefined, "127.0.0.1");
    alice = await (await register(server, "alice")).start();
  });

  after(async () => {
    alice?.stop();
    await bridge?.close();
    await server?.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  test("the homeserver reaches it", async () => {
    // The library answers no pings: that it says so itself shows that it was reached.
    const ping = bridge.getIntent().matrixClient.doRequest("POST", "/_matrix/client/v1/appservice/irc/ping", undefined, { transaction_id: "ping" });
    await assert.rejects(ping, (error) => error.body.errcode === "M_BAD_STATUS" && error.body.status === 404);
  });

  test("a room that somebody wants to join by its alias is made", async () => {
    roomId = (await alice.client.joinRoom("#_irc_channel:localhost")).roomId;
    assert.deepEqual(asked, ["#_irc_channel:localhost"]);
    await until("alice sees the room's name", () => alice.room(roomId)?.name === "A channel");
  });

  test("a user who is invited is made", async () => {
    const intent = bridge.getIntent();
    await intent.invite(roomId, "@_irc_anna:localhost");
    assert.ok(asked.includes("@_irc_anna:localhost"));
    await bridge.getIntent("@_irc_anna:localhost").join(roomId);
    await until("alice sees anna", () => alice.room(roomId).getMember("@_irc_anna:localhost")?.name === "Made when asked for");
  });

  test("both sides hear each other", async () => {
    const said = await alice.say(roomId, "hello, bridge");
    await until("the bridge hears alice", () => told.some((e) => e.event_id === said));
    const { event_id: answered } = await bridge.getIntent("@_irc_anna:localhost").sendText(roomId, "hello, alice");
    await until("alice hears anna", () => alice.timeline(roomId).some((e) => e.getContent().body === "hello, alice"));
    await until("the bridge hears itself", () => told.some((e) => e.event_id === answered));
    assert.ok((await bridge.pingAppserviceRoute(roomId)) >= 0);
  });

  test("it hears of typing and receipts", async () => {
    await alice.client.sendTyping(roomId, true, 10_000);
    await until("the bridge hears of typing", () => ephemeral.some((e) => e.type === "m.typing" && e.room_id === roomId && e.content.user_ids.includes(alice.id)));
    const last = alice.room(roomId).getLiveTimeline().getEvents().at(-1);
    await alice.client.sendReadReceipt(last);
    await until("the bridge hears of the receipt", () => ephemeral.some((e) => e.type === "m.receipt" && e.content[last.getId()]?.["m.read"]?.[alice.id]));
  });

  test("what was said around a kill of the server arrives once and in order", async () => {
    const before = [];
    for (let i = 0; i < 5; i++) {
      before.push(await alice.say(roomId, `before ${i}`));
    }
    await server.kill();
    await server.startAgain();
    const later = [];
    for (let i = 0; i < 5; i++) {
      later.push(await alice.say(roomId, `after ${i}`));
    }
    const all = [...before, ...later];
    await until("the bridge has heard everything", () => told.some((e) => e.event_id === later.at(-1)));
    const heard = told.map((e) => e.event_id).filter((id) => all.includes(id));
    assert.deepEqual([...new Set(heard)], all);
  });
});
