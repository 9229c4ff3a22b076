// A user of matrix-js-sdk: registered, started and syncing.
import * as sdk from "matrix-js-sdk";
import { logger } from "matrix-js-sdk/lib/logger.js";

const patienceMs = 30_000;

logger.setLevel(process.env.MATRIX_SDK_LOG ?? "silent", false);

export const password = "correct horse battery staple";

// The answer of a log-in of a user on a new device.
export async function login(server, userId) {
  return await sdk.createClient({ baseUrl: server.baseUrl }).loginRequest({ type: "m.login.password", identifier: { type: "m.id.user", user: userId }, password });
}

export async function register(server, username) {
  return new User(server, await registered(server, username), username);
}

// The answer of a registration.
export async function registered(server, username) {
  const anonymous = sdk.createClient({ baseUrl: server.baseUrl });
  let session;
  try {
    await anonymous.register(username, password, null, {});
    throw new Error("registration asked for no stage");
  } catch (error) {
    session = error.data?.session;
    if (!session) {
      throw error;
    }
  }
  return await anonymous.register(username, password, session, { type: "m.login.dummy" });
}

export class User {
  // With options of the SDK's client beside those that every user has.
  constructor(server, account, name, options = {}) {
    this.server = server;
    this.name = name;
    this.id = account.user_id;
    this.deviceId = account.device_id;
    this.client = sdk.createClient({
      baseUrl: server.baseUrl,
      userId: account.user_id,
      deviceId: account.device_id,
      accessToken: account.access_token,
      timelineSupport: true,
      ...options,
    });
  }

  async start() {
    await this.client.startClient({
      initialSyncLimit: 20,
      pollTimeout: 5_000,
      // The order of the timeline is then the server's, not that of local echoes.
      pendingEventOrdering: sdk.PendingEventOrdering.Detached,
      // The SDK keeps threads apart with the help of /relations.
      threadSupport: this.server.hasRelations,
    });
    await until(`${this.name} is prepared`, () => ["PREPARED", "SYNCING"].includes(this.client.getSyncState()));
    return this;
  }

  stop() {
    this.client.stopClient();
  }

  room(roomId) {
    return this.client.getRoom(roomId);
  }

  membership(roomId) {
    return this.room(roomId)?.getMyMembership();
  }

  say(roomId, body) {
    return this.client.sendEvent(roomId, "m.room.message", { msgtype: "m.text", body }).then((r) => r.event_id);
  }

  // The event as the SDK has it, in the main timeline or in a thread, once it has it.
  event(roomId, eventId) {
    return until(`${this.name} has ${eventId}`, () => this.room(roomId)?.findEventById(eventId));
  }

  // The room's events as they are shown: the live timeline after those that it continues, which a gap in a sync had cut off and paging back has joined again.
  timeline(roomId) {
    const events = [];
    for (let timeline = this.room(roomId).getLiveTimeline(); timeline; timeline = timeline.getNeighbouringTimeline("b")) {
      events.unshift(...timeline.getEvents());
    }
    return events;
  }

  // Those of the ids that are in the timeline, in its order. Like a person who scrolls up, it pages back while some are missing.
  async heard(roomId, ids) {
    for (;;) {
      const found = this.timeline(roomId).map((e) => e.getId()).filter((id) => ids.includes(id));
      if (found.length >= ids.length || !this.room(roomId).getLiveTimeline().getPaginationToken("b")) {
        return found;
      }
      await this.client.scrollback(this.room(roomId), 25);
    }
  }
}

// Waits until a condition gives something true, and gives that.
export async function until(what, condition) {
  const end = Date.now() + patienceMs;
  for (;;) {
    const result = await condition();
    if (result) {
      return result;
    }
    if (Date.now() > end) {
      throw new Error(`waited ${patienceMs} ms in vain until ${what}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
