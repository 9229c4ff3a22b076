// Somebody with a browser window of their own who uses the web client by its buttons.
const patienceMs = 30_000;

export async function register(server, username, password) {
  const post = async (body) => (await fetch(`${server.baseUrl}/_matrix/client/v3/register`, { method: "POST", body: JSON.stringify(body) })).json();
  const { session } = await post({ username, password });
  const answer = await post({ username, password, auth: { type: "m.login.dummy", session } });
  if (!answer.user_id) {
    throw new Error(`${username} could not register: ${JSON.stringify(answer)}`);
  }
}

export class Person {
  static async open(browser, site, server, name) {
    const person = new Person();
    person.name = name;
    person.context = await browser.newContext();
    person.page = await person.context.newPage();
    person.page.setDefaultTimeout(patienceMs);
    await person.page.goto(`${site.url}?homeserver=${encodeURIComponent(server.baseUrl)}`);
    return person;
  }

  async logIn(password) {
    await this.page.locator("#username").fill(this.name);
    await this.page.locator("#password").fill(password);
    await this.page.getByRole("button", { name: "Log In", exact: true }).click();
    await this.page.locator(".LeftPanel").waitFor();
  }

  async createPublicRoom(name, alias) {
    await this.#plus("Create Room");
    await this.page.locator("#name").fill(name);
    await this.page.locator("#isPublic").check();
    await this.page.locator("#roomAlias").fill(alias);
    await this.page.locator(".CreateRoomView button[type=submit]").click();

    // This version of the client does not go there by itself.
    await this.page.locator(".RoomList a", { hasText: name }).click();
    await this.page.locator(".MessageComposer textarea").waitFor();
  }

  async joinRoom(alias) {
    await this.#plus("Join Room");
    await this.page.locator(".JoinRoomView input[type=text]").fill(alias);
    await this.page.locator(".JoinRoomView button[type=submit]").click();
    await this.page.locator(".MessageComposer textarea").waitFor();
  }

  async say(text) {
    await this.page.locator(".MessageComposer textarea").fill(text);
    await this.page.locator(".MessageComposer textarea").press("Enter");
  }

  // Waits until the timeline shows a message of this text that the server has.
  hears(text) {
    return this.page.locator(".Timeline_message:not(.unsent) .Timeline_messageBody", { hasText: text }).first().waitFor();
  }

  async sendPicture(file) {
    await this.page.locator("button.sendFile").click();
    const [chooser] = await Promise.all([this.page.waitForEvent("filechooser"), this.page.getByText("Send picture").click()]);
    await chooser.setFiles(file);
  }

  // The size of the last picture in the timeline, once the browser has decoded it from the server.
  async seesPicture() {
    const handle = await this.page.waitForFunction(() => {
      const image = [...document.querySelectorAll(".Timeline_message:not(.unsent) img")].findLast((i) => i.src.includes("/_matrix/client/v1/media/"));
      return image?.complete && image.naturalWidth > 0 ? { src: image.src, width: image.naturalWidth, height: image.naturalHeight } : null;
    });
    return handle.jsonValue();
  }

  async #plus(choice) {
    await this.page.locator(".LeftPanel button.create").click();
    await this.page.locator(".popupContainer, .Popup, .menu").getByText(choice, { exact: false }).first().click();
  }
}
