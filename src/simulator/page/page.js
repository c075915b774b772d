import { listenToButtons, refreshButtons } from "./attach.js";
import { avatar, chatRow, messageRow, previewOf } from "./bubble.js";
import { byId, byTestId, following, make, toEnd } from "./dom.js";
import { markdown, people, withMentions } from "./markdown.js";
import { t, language, toMinute, toMs } from "./texts.js";

const MAX_FRAMES = 300;
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
  return Object.assign(chat, { rows: [], last: 0, ghost: undefined, answered: false });
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

function onMessage(event) {
  const chat = chats.find(({ conversationId }) => conversationId === event.conversationId);
  if (chat === undefined) return;
  const { from, name, title, text, at, time, shown } = event;
  const preview = withMentions(title || text || previewOf(shown), at).textContent;
  chat.preview.textContent = chat.id === "group" ? `${name}: ${preview}` : preview;
  chat.time.textContent = toMinute.format(time);
  chat.last = time;
  if (from === "robot") {
    dropGhost(chat);
    chat.answered = true;
  }
  const addressed = from === "person" && chat.id === "group" ? robotName : "";
  const row = messageRow(event, addressed);
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

function onStreaming({ session, text, done, time }) {
  const chat = chats.find(({ id, conversationId }) =>
    session.includes(id === "direct" ? "dingtalk:user:" : `dingtalk:group:${conversationId}`),
  );
  // A finished answer without a ghost is of the past: its message is here or will never be.
  if (chat === undefined || (done && chat.ghost === undefined)) return;
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

function onFrame({ direction, label, detail, time }) {
  const json = parsed(detail);
  if (json?.senderStaffId) people.set(json.senderStaffId, json.senderNick);
  const arrow = { class: "arrow", role: "img", "aria-label": t[direction] };
  const summary = make(
    "summary",
    {},
    make("span", arrow, direction === "in" ? "↓" : "↑"),
    make("span", { class: "label" }, label),
    make("time", {}, toMs.format(time)),
    make("span", { class: "detail" }, detail.slice(0, 160)),
  );
  const body = make("pre", {}, json === undefined ? detail : JSON.stringify(json, null, 2));
  const frame = { class: `frame ${direction} ${toneOf(label)}`, "data-testid": "frame" };
  following(log, () => {
    log.append(make("details", frame, summary, body));
    if (log.childElementCount > MAX_FRAMES) log.firstElementChild.remove();
  });
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function toneOf(label) {
  if (label === "link up") return "good";
  return /link down|redelivery|disconnect|ack [45]/.test(label) ? "bad" : "";
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

async function say() {
  const text = composer.value.trim();
  // In the group "@robot" alone is a message too.
  if (text === "" && open.id === "direct") return;
  composer.value = "";
  const taken = await act({ action: "say", chat: open.id, text });
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
  const handlers = { message: onMessage, streaming: onStreaming, frame: onFrame, state: onState };
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
