// Two people chat in a real web client (Hydrogen), each in a browser window of their own, through one server.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { chromium } from "playwright-core";
import { Server } from "../clients/lib/server.mjs";
import { picture } from "./lib/picture.mjs";
import { Person, register } from "./lib/person.mjs";
import { startSite } from "./lib/site.mjs";

const executablePath = process.env.MATRIX_ORLEANS_CHROMIUM ?? "/usr/bin/chromium";
const password = "correct horse battery staple";

describe("two people in a web client", { concurrency: false, timeout: 300_000, skip: existsSync(executablePath) ? false : "there is no Chromium" }, () => {
  let server, site, browser, alice, bob, folder;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "matrix-orleans-browser-"));
    [server, site] = await Promise.all([Server.start(), startSite()]);
    browser = await chromium.launch({
      executablePath,
      args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
    });
    for (const name of ["alice", "bob"]) {
      await register(server, name, password);
    }
    alice = await Person.open(browser, site, server, "alice");
    bob = await Person.open(browser, site, server, "bob");
  });

  after(async () => {
    await browser?.close();
    await site?.stop();
    await server?.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  test("both log in", async () => {
    await alice.logIn(password);
    await bob.logIn(password);
  });

  test("alice creates a public room and bob joins it by its alias", async () => {
    await alice.createPublicRoom("The Grand Duke Pub", "pub");
    await bob.joinRoom("#pub:localhost");
    await bob.page.getByRole("heading", { name: "The Grand Duke Pub" }).first().waitFor();
  });

  test("each hears what the other says", async () => {
    await alice.say("hello from alice");
    await bob.hears("hello from alice");
    await bob.say("hello from bob");
    await alice.hears("hello from bob");
    await alice.hears("hello from alice");
  });

  test("a picture that alice sends is shown to both, from the server", async () => {
    const file = join(folder, "picture.png");
    await writeFile(file, picture(320, 200));
    await alice.sendPicture(file);
    for (const person of [bob, alice]) {
      const seen = await person.seesPicture();
      assert.ok(Math.abs(seen.width / seen.height - 1.6) < 0.05, JSON.stringify(seen));
      assert.match(seen.src, /\/_matrix\/client\/v1\/media\/(download|thumbnail)\/localhost\//);
    }
  });

  test("what was said is there after a reload", async () => {
    await bob.page.reload();
    await bob.hears("hello from alice");
    await bob.hears("hello from bob");
    await bob.seesPicture();
  });
});
