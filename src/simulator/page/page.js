import { marked } from "/marked.js";

const TEXT = {
  zh: {
    chats: "聊天列表",
    messages: "聊天记录",
    empty: "这里是模拟的钉钉：发一条消息，dingbridge 会转给网关，再把回答带回来。",
    composer: "消息",
    placeholder: "发消息，Enter 发送，Shift+Enter 换行",
    send: "发送",
    unsent: "没有发出去：演示程序没有接受，它可能已经停止。",
    connected: "Stream 已连接",
    disconnected: "Stream 未连接",
    offline: "演示程序已停止",
    answering: "网关正在生成…",
    unread: "条未读",
    panel: "故障与帧日志",
    log: "帧日志",
    in: "收到",
    out: "发出",
    faults: "制造故障",
    hint: "把鼠标移到按钮上，看按下之后应当发生什么。",
    drop: "断开连接",
    dropHint: "链路被直接切断；几百毫秒到一秒内应重新连上，消息不丢。",
    disconnect: "发送 disconnect",
    disconnectHint: "钉钉宣布旧链路即将关闭；应马上换到新链路，消息不丢也不重复。",
    stop: "停止网关",
    stopHint: "网关停止回应；提问后应收到说明原因的提示，而不是没有下文。",
    start: "启动网关",
    startHint: "网关在原地址恢复；之后的问题应照常得到回答。",
    realHint: "现在接的是真实网关，不能从这里启停。",
    expire: "使 Webhook 过期",
    expireHint: "已有的 Webhook 全部失效：正在生成的回答送不到；下一条消息带来新的，应恢复正常。",
  },
  en: {
    chats: "Chats",
    messages: "Messages",
    empty: "A simulated DingTalk: send a message, and dingbridge brings back the gateway's answer.",
    composer: "Message",
    placeholder: "Message: Enter sends, Shift+Enter breaks the line",
    send: "Send",
    unsent: "Not sent: the demo did not take it. It may have been stopped.",
    connected: "Stream connected",
    disconnected: "Stream disconnected",
    offline: "The demo has stopped",
    answering: "The gateway is answering…",
    unread: "unread",
    panel: "Faults and frame log",
    log: "Frame log",
    in: "received",
    out: "sent",
    faults: "Cause a fault",
    hint: "Point at a button to read what should happen when it is pressed.",
    drop: "Drop link",
    dropHint: "The link is cut; it should be back within a second, and no message is lost.",
    disconnect: "Send disconnect",
    disconnectHint:
      "DingTalk announces the end of the link; a new one should take over at once, with no message lost or doubled.",
    stop: "Stop gateway",
    stopHint: "The gateway goes silent; a question should get a notice that says why, not nothing.",
    start: "Start gateway",
    startHint: "The gateway is back at its address; questions should be answered again.",
    realHint: "A real gateway answers: it cannot be stopped or started from here.",
    expire: "Expire webhook",
    expireHint:
      "All webhooks so far stop working: an answer on its way is not delivered; the next message brings a new one, and all is well again.",
  },
};

const MAX_FRAMES = 300;
/** How long a finished ghost waits for the message it announced. */
const GHOST_MS = 3000;
/** Whoever is this close to the end of a box, in pixels, is reading its end. */
const NEAR_END = 48;

const language = navigator.language.startsWith("zh") ? "zh" : "en";
const t = TEXT[language];
const clock = (options) =>
  new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", ...options });
const MINUTES = clock();
const MILLISECONDS = clock({ second: "2-digit", fractionalSecondDigits: 3 });

const byId = (id) => document.getElementById(id);
const byTestId = (id) => document.querySelector(`[data-testid="${id}"]`);
const messages = byId("messages");
const composer = byId("composer");
const log = byId("log");
const badge = byId("badge");
const gatewayButton = byTestId("gateway");

function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Changes a scrolled box. Whoever reads its end stays at the end; who has scrolled up is left alone. */
function following(box, change) {
  const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_END;
  change();
  if (atEnd) toEnd(box);
}

function toEnd(box) {
  box.scrollTop = box.scrollHeight;
}

// --- Markdown -----------------------------------------------------------------------------------

// Raw HTML is no token at all: it falls through to plain text, which marked escapes.
marked.use({ gfm: true, breaks: false, tokenizer: { html: () => undefined, tag: () => undefined } });

const TAGS = new Set(
  ["a", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "img"].concat(
    ["input", "li", "ol", "p", "pre", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul"],
  ),
);
const ATTRIBUTES = new Set(
  ["align", "alt", "checked", "disabled", "href", "src", "start", "title", "type"],
);
const LINK = /^(?:https?:\/\/|mailto:)/i;
const IMAGE = /^https?:\/\//i;

/** Markdown as elements. Nothing gets in that is not on the lists, whatever marked lets through. */
function markdown(text) {
  const template = document.createElement("template");
  template.innerHTML = marked.parse(text);
  for (const element of template.content.querySelectorAll("*")) sanitise(element);
  return template.content;
}

function sanitise(element) {
  if (!TAGS.has(element.localName)) return element.remove();
  for (const name of element.getAttributeNames()) {
    if (!ATTRIBUTES.has(name)) element.removeAttribute(name);
  }
  if (element.localName === "a") sanitiseLink(element);
  if (element.localName === "img") sanitiseImage(element);
}

function sanitiseLink(link) {
  if (!LINK.test(link.getAttribute("href"))) return link.removeAttribute("href");
  link.target = "_blank";
  link.rel = "noopener noreferrer";
}

function sanitiseImage(image) {
  if (!IMAGE.test(image.getAttribute("src"))) return image.replaceWith(image.alt);
  image.referrerPolicy = "no-referrer";
}

// --- Mentions -----------------------------------------------------------------------------------

/** Display names by staff id. Messages carry ids only; frames from DingTalk tell the rest. */
const people = new Map([["user01", "小明"]]);

function learnName({ senderStaffId, senderNick } = {}) {
  if (senderStaffId && senderNick) people.set(senderStaffId, senderNick);
}

/** The text with each "@id" of those mentioned replaced by their name, highlighted. */
function withMentions(text, at) {
  const fragment = document.createDocumentFragment();
  for (const part of text.split(/(@[\w-]+)/)) {
    const id = part.slice(1);
    const mentioned = part.startsWith("@") && at.includes(id);
    fragment.append(
      mentioned ? make("span", { class: "mention" }, `@${people.get(id) ?? id}`) : part,
    );
  }
  return fragment;
}

function highlightMentions(root, at) {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) texts.push(walker.currentNode);
  for (const text of texts) {
    if (!text.parentElement?.closest("code, a")) text.replaceWith(withMentions(text.data, at));
  }
}

// --- Chats --------------------------------------------------------------------------------------

const info = await (await fetch("/info")).json();
const robotName = info.chats.find(({ id }) => id === "direct").title;
const chats = info.chats.map(createChat);
let open = chats[0];

function createChat({ id, title, conversationId }) {
  const preview = make("span", { class: "preview" });
  const time = make("time", {});
  const unread = make("span", { class: "unread", hidden: "" });
  const entry = make(
    "button",
    { type: "button", "data-testid": `chat-${id}` },
    avatar(id === "direct" ? "robot" : "group", title.slice(0, 2)),
    make("span", { class: "name" }, title),
    time,
    preview,
    unread,
  );
  const chat = { id, title, conversationId, entry, preview, time, unread, draft: "", readUntil: 0 };
  entry.addEventListener("click", () => show(chat));
  return empty(chat);
}

/** As on a fresh page, but for what the person has read and is writing. */
function empty(chat) {
  chat.preview.textContent = "";
  chat.time.textContent = "";
  return Object.assign(chat, { rows: [], last: 0, unreadCount: 0, ghost: undefined });
}

function avatar(kind, text) {
  return make("span", { class: `avatar ${kind}`, "aria-hidden": "true" }, kind === "robot" ? "" : text);
}

function show(chat) {
  open.draft = composer.value;
  open = chat;
  composer.value = chat.draft;
  markRead(chat);
  for (const { entry } of chats) entry.setAttribute("aria-current", String(entry === chat.entry));
  byId("title").textContent = chat.title;
  byId("mention").hidden = chat.id !== "group";
  messages.classList.toggle("group", chat.id === "group");
  messages.replaceChildren(...chat.rows, ...(chat.ghost ? [chat.ghost] : []));
  toEnd(messages);
}

function markRead(chat) {
  chat.readUntil = chat.last;
  setUnread(chat, 0);
}

function setUnread(chat, count) {
  chat.unreadCount = count;
  chat.unread.hidden = count === 0;
  chat.unread.replaceChildren(String(count), make("span", { class: "hidden" }, t.unread));
}

function onMessage(event) {
  const chat = chats.find(({ conversationId }) => conversationId === event.conversationId);
  if (chat === undefined) return;
  const { from, name, title, text, at, time } = event;
  const preview = withMentions(title ?? text, at).textContent;
  chat.preview.textContent = chat.id === "group" ? `${name}: ${preview}` : preview;
  chat.time.textContent = MINUTES.format(time);
  chat.last = time;
  if (from === "robot") dropGhost(chat);
  const row = messageRow(event);
  chat.rows.push(row);
  if (chat === open) {
    following(messages, () => messages.insertBefore(row, chat.ghost ?? null));
    markRead(chat);
    if (from === "person") toEnd(messages);
  } else if (from === "robot" && time > chat.readUntil) {
    setUnread(chat, chat.unreadCount + 1);
  }
}

function messageRow({ from, name, msgtype, text, at, time }) {
  const content = make("div", { class: "bubble", "data-testid": "bubble", "data-from": from });
  if (msgtype === "markdown") {
    content.classList.add("markdown");
    content.append(markdown(text));
    highlightMentions(content, at);
  } else {
    content.append(withMentions(text, at));
  }
  // DingTalk cuts "@robot" out of what it passes on; in the chat it is there.
  if (from === "person") content.dataset.mention = `@${robotName} `;
  return chatRow(from, name, MINUTES.format(time), content);
}

function chatRow(from, name, caption, content) {
  const meta = make(
    "div",
    { class: "meta" },
    make("span", { class: "who" }, name),
    make("span", { class: "caption" }, caption),
  );
  return make(
    "div",
    { class: `row ${from}` },
    avatar(from, name.slice(-2)),
    make("div", { class: "said" }, meta, content),
  );
}

// --- Ghosts: what the gateway has said so far ---------------------------------------------------

function onStreaming({ session, text, done, time }) {
  const chat = chats.find(({ id, conversationId }) =>
    id === "direct"
      ? session.includes("dingtalk:user:")
      : session.toLowerCase().endsWith(`dingtalk:group:${conversationId}`.toLowerCase()),
  );
  // A finished answer without a ghost is of the past: its message is here or will never be.
  if (chat === undefined || (done && chat.ghost === undefined)) return;
  following(messages, () => drawGhost(chat, text));
  if (done) forgetGhost(chat, time + GHOST_MS - Date.now());
}

function drawGhost(chat, text) {
  chat.ghost ??= createGhost();
  chat.ghost.querySelector(".bubble").replaceChildren(markdown(text));
  if (chat === open && !chat.ghost.isConnected) messages.append(chat.ghost);
}

function createGhost() {
  // Not read out: it changes many times a second, and the message itself follows.
  const row = chatRow("robot", robotName, t.answering, make("div", { class: "bubble markdown" }));
  row.classList.add("ghost");
  row.dataset.testid = "ghost";
  row.setAttribute("aria-live", "off");
  return row;
}

function forgetGhost(chat, afterMs) {
  const { ghost } = chat;
  setTimeout(() => ghost === chat.ghost && dropGhost(chat), Math.min(afterMs, GHOST_MS));
}

function dropGhost(chat) {
  chat.ghost?.remove();
  chat.ghost = undefined;
}

// --- Frame log ----------------------------------------------------------------------------------

const ARROWS = { in: "↓", out: "↑" };

function onFrame({ direction, label, detail, time }) {
  const json = parsed(detail);
  learnName(json);
  const body = make("pre", {});
  const row = make(
    "details",
    { class: `frame ${direction} ${toneOf(label)}`, "data-testid": "frame" },
    make(
      "summary",
      {},
      make("span", { class: "arrow", role: "img", "aria-label": t[direction] }, ARROWS[direction]),
      make("span", { class: "label" }, label),
      make("time", {}, MILLISECONDS.format(time)),
      make("span", { class: "detail" }, detail.slice(0, 160)),
    ),
    body,
  );
  const expand = () => (body.textContent = json ? JSON.stringify(json, null, 2) : detail);
  row.addEventListener("toggle", expand, { once: true });
  following(log, () => {
    log.append(row);
    if (log.childElementCount > MAX_FRAMES) log.firstElementChild.remove();
  });
}

function parsed(text) {
  try {
    return JSON.parse(text) ?? undefined;
  } catch {
    return undefined;
  }
}

function toneOf(label) {
  if (label === "link up") return "good";
  return /link down|redelivery|disconnect|ack [45]/.test(label) ? "bad" : "";
}

// --- State and actions --------------------------------------------------------------------------

function onState({ links, gateway, webhooks }) {
  setBadge(links, links > 0 ? t.connected : t.disconnected);
  const running = gateway !== "stopped";
  gatewayButton.textContent = running ? t.stop : t.start;
  gatewayButton.title = gateway === "real" ? t.realHint : running ? t.stopHint : t.startHint;
  gatewayButton.disabled = gateway === "real";
  gatewayButton.classList.toggle("active", !running);
  byTestId("expire").classList.toggle("active", webhooks === "expired");
  // Answers break off with the gateway.
  if (!running) chats.forEach(dropGhost);
}

function setBadge(links, text) {
  badge.dataset.links = links;
  badge.textContent = links > 1 ? `${text} ×${links}` : text;
}

async function act(action) {
  const request = { method: "POST", headers: { "content-type": "application/json" } };
  const taken = await fetch("/act", { ...request, body: JSON.stringify(action) }).then(
    (response) => response.ok,
    () => false,
  );
  byId("notice").textContent = taken ? "" : t.unsent;
  return taken;
}

async function say() {
  const chat = open;
  const text = composer.value.trim();
  // In the group "@robot" alone is a message too.
  if (text === "" && chat.id === "direct") return;
  composer.value = "";
  const taken = await act({ action: "say", chat: chat.id, text });
  if (!taken && chat === open && composer.value === "") composer.value = text;
}

function explain({ target }) {
  const title = target.closest("button")?.title;
  if (title) byId("hint").textContent = title;
}

function togglePanel({ currentTarget }) {
  const opened = byId("panel").classList.toggle("open");
  currentTarget.setAttribute("aria-expanded", String(opened));
  toEnd(log);
  toEnd(messages);
}

// --- Start --------------------------------------------------------------------------------------

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
  composer.addEventListener("keydown", (event) => {
    // An input method's Enter takes a candidate; Safari reports that one as key code 229 only.
    const composing = event.isComposing || event.keyCode === 229;
    if (event.key !== "Enter" || event.shiftKey || composing) return;
    event.preventDefault();
    void say();
  });
  for (const action of ["drop", "disconnect", "expire"]) {
    byTestId(action).addEventListener("click", () => act({ action }));
  }
  gatewayButton.addEventListener("click", () =>
    act({ action: "gateway", running: gatewayButton.classList.contains("active") }),
  );
  for (const type of ["pointerover", "focusin", "click"]) {
    byId("faults").addEventListener(type, explain);
  }
  byId("panel-toggle").addEventListener("click", togglePanel);
}

/** What happens, from the beginning: the server tells the past on every new connection. */
function follow() {
  const handlers = { message: onMessage, streaming: onStreaming, frame: onFrame, state: onState };
  const events = new EventSource("/events");
  events.addEventListener("open", () => {
    chats.forEach(empty);
    log.replaceChildren();
    messages.replaceChildren();
  });
  events.addEventListener("message", ({ data }) => {
    const event = JSON.parse(data);
    handlers[event.type]?.(event);
  });
  events.addEventListener("error", () => setBadge(0, t.offline));
}

translate();
byId("chats").append(...chats.map(({ entry }) => entry));
show(open);
listen();
follow();
