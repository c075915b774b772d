import { listenToButtons, refreshButtons } from "./attach.js";
import { avatar, chatRow, messageRow, previewOf } from "./bubble.js";
import { cardRow, isLive } from "./cards.js";
import { byId, byTestId, following, followPictures, make, toEnd } from "./dom.js";
import { onFrame } from "./frames.js";
import { markdown, withMentions } from "./markdown.js";
import { mark } from "./marks.js";
import { postPreview } from "./posts.js";
import { t, language, toMinute } from "./texts.js";
import { offerTries } from "./tries.js";

/** How long a finished ghost waits for the message it announced. */
const GHOST_MS = 3000;

const [messages, composer, log, badge] = ["messages", "composer", "log", "badge"].map(byId);
const gatewayButton = byTestId("gateway");

const info = await (await fetch("/info")).json();
const chats = info.chats.map(createChat);
const robotName = chats.find(({ id }) => id === "direct").title;
let open = chats[0];

function createChat({ id, title, conversationId }) {
  const parts = {
    time: make("time", {}),
    preview: make("span", { class: "preview" }),
    unread: make("span", { class: "unread", role: "img", "aria-label": t.unread }),
  };
  const icon = avatar(id === "direct" ? "robot" : "group", title.slice(0, 2));
  const name = make("span", { class: "name" }, title);
  const button = { type: "button", "data-testid": `chat-${id}` };
  const entry = make("button", button, icon, name, ...Object.values(parts));
  const chat = empty({ id, title, conversationId, entry, ...parts, readUntil: 0 });
  entry.addEventListener("click", () => show(chat));
  return chat;
}

/** Back to the beginning, except for what has been read. */
function empty(chat) {
  for (const part of [chat.time, chat.preview]) part.textContent = "";
  chat.unread.hidden = true;
  const fresh = { rows: [], byId: new Map(), live: new Set(), last: 0 };
  return Object.assign(chat, { ...fresh, ghost: undefined, answered: false });
}

function show(chat) {
  open = chat;
  markRead(chat);
  for (const { entry } of chats) entry.setAttribute("aria-current", String(entry === chat.entry));
  byId("title").textContent = chat.title;
  byId("mention").hidden = chat.id !== "group";
  messages.classList.toggle("group", chat.id === "group");
  messages.replaceChildren(...chat.rows, chat.ghost ?? "");
  toEnd(messages);
  refreshButtons(chat);
}

function markRead(chat) {
  chat.readUntil = chat.last;
  chat.unread.hidden = true;
}

const chatWith = (wanted) => chats.find(({ conversationId }) => conversationId === wanted);

function onMessage(event) {
  const chat = chatWith(event.conversationId);
  if (chat === undefined) return;
  const { from, title, text, at, shown, post, id } = event;
  const words = title || text || (post ? postPreview(post) : previewOf(shown));
  preview(chat, event, withMentions(words, at).textContent);
  if (from === "robot") {
    dropGhost(chat);
    chat.answered = true;
  }
  const addressed = from === "person" && chat.id === "group" ? robotName : "";
  const row = messageRow(event, addressed);
  if (id) chat.byId.set(id, row);
  add(chat, row, event);
}

function preview(chat, { name, time }, words) {
  chat.preview.textContent = chat.id === "group" ? `${name}: ${words}` : words;
  chat.time.textContent = toMinute.format(time);
  chat.last = time;
}

/** A new row, at the end. */
function add(chat, row, { from, time }) {
  chat.rows.push(row);
  if (chat === open) {
    following(messages, () => messages.insertBefore(row, chat.ghost ?? null));
    if (from === "person") toEnd(messages);
    markRead(chat);
    refreshButtons(chat);
  } else if (from === "robot" && time > chat.readUntil) {
    chat.unread.hidden = false;
  }
}

function onCard(event) {
  const chat = chatWith(event.conversationId);
  if (chat === undefined) return;
  const { outTrackId: id, name, time, text } = event;
  const known = chat.byId.get(id);
  following(messages, () => chat.byId.set(id, cardRow(event, known, press)));
  if (isLive(event)) chat.live.add(id);
  else chat.live.delete(id);
  // The answer grows there.
  dropGhost(chat);
  chat.answered = true;
  preview(chat, { name, time }, markdown(text).textContent.trim().slice(0, 60) || `[${t.card}]`);
  if (known === undefined) add(chat, chat.byId.get(id), { from: "robot", time });
}

function onReaction({ conversationId, msgId, name, on }) {
  const row = chatWith(conversationId)?.byId.get(msgId);
  if (row !== undefined) following(messages, () => mark(row, name, on));
}

function onRecalled({ conversationId, id }) {
  const chat = chatWith(conversationId);
  const row = chat?.byId.get(id);
  if (row === undefined) return;
  row.remove();
  chat.rows = chat.rows.filter((other) => other !== row);
  chat.live.delete(id);
}

function onStreaming({ session, text, done, time }) {
  const chat = chats.find(({ id, conversationId }) =>
    session.includes(id === "direct" ? "dingtalk:user:" : `dingtalk:group:${conversationId}`),
  );
  // A finished answer without a ghost is of the past: its message is here or will never be.
  if (chat === undefined || chat.live.size > 0 || (done && chat.ghost === undefined)) return;
  following(messages, () => drawGhost(chat, text));
  if (done) forgetGhost(chat, time + GHOST_MS - Date.now());
}

function drawGhost(chat, text) {
  if (chat.ghost === undefined) {
    const content = make("div", { class: "bubble markdown" });
    chat.ghost = chatRow("robot ghost", robotName, t.answering, content);
    chat.ghost.dataset.testid = "ghost";
    // Not read out: it changes many times a second, and the message itself follows.
    chat.ghost.ariaLive = "off";
  }
  chat.ghost.querySelector(".bubble").replaceChildren(markdown(text));
  if (chat === open && !chat.ghost.isConnected) messages.append(chat.ghost);
}

function forgetGhost(chat, afterMs) {
  const { ghost } = chat;
  setTimeout(() => ghost === chat.ghost && dropGhost(chat), Math.min(afterMs, GHOST_MS));
}

function dropGhost(chat) {
  chat.ghost?.remove();
  chat.ghost = undefined;
}

function onState({ links, gateway, webhooks }) {
  setBadge(links, links > 0 ? t.connected : t.disconnected);
  const next = { echo: "stop", stopped: "start", real: "real" }[gateway];
  gatewayButton.textContent = t[next];
  gatewayButton.title = t[`${next}Hint`];
  gatewayButton.disabled = gateway === "real";
  gatewayButton.classList.toggle("active", gateway === "stopped");
  byTestId("expire").classList.toggle("active", webhooks === "expired");
  // Answers break off with the gateway.
  if (gateway === "stopped") chats.forEach(dropGhost);
}

function setBadge(links, text) {
  badge.dataset.links = links;
  badge.textContent = links > 1 ? `${text} ×${links}` : text;
}

/** Whether the server has taken it. */
async function act(action) {
  const headers = { "content-type": "application/json" };
  const request = { method: "POST", headers, body: JSON.stringify(action) };
  const response = await fetch("/act", request).catch(() => undefined);
  const taken = response?.ok === true;
  byId("notice").textContent = taken ? "" : t.unsent;
  return taken;
}

const press = (pressed) => act({ action: "press", ...pressed });
const sayWords = (text) => act({ action: "say", chat: open.id, text });

/** A button of the robot's says its words in the person's name. */
function onClick({ target }) {
  const words = target.closest("[data-say]")?.dataset.say;
  if (words) void sayWords(words);
}

async function say() {
  const text = composer.value.trim();
  // In the group "@robot" alone is a message too.
  if (text === "" && open.id === "direct") return;
  composer.value = "";
  const taken = await sayWords(text);
  if (!taken && composer.value === "") composer.value = text;
}

function onEnter(event) {
  // An input method's Enter takes a candidate; Safari reports that one as key code 229 only.
  const composing = event.isComposing || event.keyCode === 229;
  if (event.key !== "Enter" || event.shiftKey || composing) return;
  event.preventDefault();
  void say();
}

function togglePanel({ currentTarget }) {
  const opened = byId("panel").classList.toggle("open");
  currentTarget.setAttribute("aria-expanded", String(opened));
  [log, messages].forEach(toEnd);
}

function translate() {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  for (const element of document.querySelectorAll("[data-text], [data-label], [data-hint]")) {
    const { text, label, hint } = element.dataset;
    if (text) element.textContent = t[text];
    if (label) element.setAttribute("aria-label", t[label]);
    if (hint) element.title = t[hint];
  }
  composer.placeholder = t.placeholder;
  messages.dataset.empty = t.empty;
  byId("mention").textContent = `@${robotName}`;
}

function listen() {
  byId("compose").addEventListener("submit", (event) => {
    event.preventDefault();
    void say();
  });
  composer.addEventListener("keydown", onEnter);
  messages.addEventListener("click", onClick);
  followPictures(messages);
  offerTries(info.tries, sayWords);
  listenToButtons({ act, where: () => open, composer });
  for (const action of ["drop", "disconnect", "expire"]) {
    byTestId(action).addEventListener("click", () => void act({ action }));
  }
  gatewayButton.addEventListener(
    "click",
    () => void act({ action: "gateway", running: gatewayButton.classList.contains("active") }),
  );
  byId("panel-toggle").addEventListener("click", togglePanel);
}

/** What happens, from the beginning: the server tells the past on every new connection. */
function follow() {
  const handlers = {
    message: onMessage,
    streaming: onStreaming,
    card: onCard,
    reaction: onReaction,
    recalled: onRecalled,
    frame: onFrame,
    state: onState,
  };
  const events = new EventSource("/events");
  events.addEventListener("open", () => {
    chats.forEach(empty);
    refreshButtons(open);
    [log, messages].forEach((box) => box.replaceChildren());
  });
  events.addEventListener("message", ({ data }) => {
    const event = JSON.parse(data);
    handlers[event.type](event);
  });
  events.addEventListener("error", () => setBadge(0, t.offline));
}

translate();
byId("chats").append(...chats.map(({ entry }) => entry));
show(open);
listen();
follow();
