import { marked } from "./marked.js";

const TEXT = {
  zh: {
    chats: "聊天列表",
    empty: "这里是模拟的钉钉：发一条消息，dingbridge 会转给网关，再把回答带回来。",
    placeholder: "发消息…",
    send: "发送",
    sendHint: "Enter 发送，Shift+Enter 换行",
    unsent: "没有送达：演示程序没有接受，它可能已经停止。",
    connected: "Stream 已连接",
    disconnected: "Stream 未连接",
    offline: "演示程序已停止",
    answering: "网关正在生成…",
    unread: "有未读消息",
    panel: "故障与日志",
    log: "帧日志",
    in: "收到",
    out: "发出",
    faults: "制造故障",
    hint: "指向按钮，看按下之后应当发生什么。",
    drop: "断开连接",
    dropHint: "链路被直接切断；几百毫秒到一秒内应重新连上，消息不丢。",
    disconnect: "发送 disconnect",
    disconnectHint: "钉钉宣布旧链路即将关闭；应马上换到新链路，消息不丢也不重复。",
    stop: "停止网关",
    stopHint: "网关不再回应；提问后应收到说明原因的提示，而不是没有下文。",
    start: "启动网关",
    startHint: "网关在原地址恢复；之后的问题应照常得到回答。",
    real: "真实网关",
    realHint: "现在接的是真实网关，不能从这里启停。",
    expire: "使 Webhook 过期",
    expireHint: "已有的 Webhook 全部失效：正在生成的回答送不到；下一条消息带来新的，应恢复正常。",
  },
  en: {
    chats: "Chats",
    empty: "A simulated DingTalk: send a message, and dingbridge brings back the gateway's answer.",
    placeholder: "Write a message…",
    send: "Send",
    sendHint: "Enter sends, Shift+Enter starts a new line",
    unsent: "Not delivered: the demo did not take it. It may have been stopped.",
    connected: "Stream connected",
    disconnected: "Stream disconnected",
    offline: "The demo has stopped",
    answering: "The gateway is answering…",
    unread: "unread",
    panel: "Faults and log",
    log: "Frame log",
    in: "received",
    out: "sent",
    faults: "Cause a fault",
    hint: "Point at a button to read what should happen once it is pressed.",
    drop: "Drop link",
    dropHint: "The link is cut; it should be back within a second, and no message is lost.",
    disconnect: "Send disconnect",
    disconnectHint: "DingTalk is to close the link; a new one should take over, nothing lost.",
    stop: "Stop gateway",
    stopHint: "The gateway goes silent; a question should get a notice that says why.",
    start: "Start gateway",
    startHint: "The gateway is back at its address; questions should be answered again.",
    real: "Real gateway",
    realHint: "A real gateway answers: it cannot be stopped or started from here.",
    expire: "Expire webhook",
    expireHint: "An answer on its way cannot be delivered; the next message should work again.",
  },
};

const MAX_FRAMES = 300;
/** How long a finished ghost waits for the message it announced. */
const GHOST_MS = 3000;
/** Whoever is this close to the end of a box, in pixels, is reading its end. */
const NEAR_END = 48;

const language = navigator.language.startsWith("zh") ? "zh" : "en";
const t = TEXT[language];
const HOURS = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
const clock = (finer) => new Intl.DateTimeFormat(language, { ...HOURS, ...finer });
const toMinute = clock({});
const toMs = clock({ second: "2-digit", fractionalSecondDigits: 3 });

const byTestId = (id) => document.querySelector(`[data-testid="${id}"]`);
const byId = (id) => document.getElementById(id);
const [messages, composer, log, badge] = ["messages", "composer", "log", "badge"].map(byId);
const gatewayButton = byTestId("gateway");

function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Changes a scrolled box. Whoever reads its end stays there; who has scrolled up is left alone. */
function following(box, change) {
  const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_END;
  change();
  if (atEnd) toEnd(box);
}

const toEnd = (box) => (box.scrollTop = box.scrollHeight);

// Raw HTML is no token at all: it falls through to plain text, which marked escapes.
const asText = () => undefined;
marked.use({ gfm: true, breaks: false, tokenizer: { html: asText, tag: asText } });

const INLINE = "a br code del em h1 h2 h3 h4 h5 h6 img input strong";
const BLOCKS = "blockquote hr li ol p pre table tbody td th thead tr ul";
const TAGS = new Set(`${INLINE} ${BLOCKS}`.split(" "));
const ATTRIBUTES = new Set("align alt checked disabled href src start title type".split(" "));
const LINK = /^(?:https?:\/\/|mailto:)/i;
const IMAGE = /^https?:\/\//i;

/** Markdown as nodes. Nothing gets in that is not on the lists, whatever marked lets through. */
function markdown(text) {
  const template = document.createElement("template");
  template.innerHTML = marked.parse(text);
  for (const element of template.content.querySelectorAll("*")) sanitise(element);
  return template.content;
}

function sanitise(element) {
  const { localName: tag } = element;
  if (!TAGS.has(tag)) return element.remove();
  for (const name of element.getAttributeNames()) {
    if (!ATTRIBUTES.has(name)) element.removeAttribute(name);
  }
  if (tag === "img" && !IMAGE.test(element.getAttribute("src"))) element.replaceWith(element.alt);
  if (tag !== "a") return;
  if (!LINK.test(element.getAttribute("href"))) return element.removeAttribute("href");
  Object.assign(element, { target: "_blank", rel: "noopener noreferrer" });
}

/** Display names by staff id. Messages carry only ids; frames from DingTalk tell the names. */
const people = new Map([["user01", "小明"]]);

/** The text with each "@id" of those mentioned replaced by their name, highlighted. */
function withMentions(text, at) {
  const fragment = document.createDocumentFragment();
  for (const part of text.split(/(@[\w-]+)/)) {
    const id = part.slice(1);
    const mentioned = part.startsWith("@") && at.includes(id);
    const name = `@${people.get(id) ?? id}`;
    fragment.append(mentioned ? make("span", { class: "mention" }, name) : part);
  }
  return fragment;
}

function highlightMentions(root, at) {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) texts.push(walker.currentNode);
  for (const text of texts) {
    if (!text.parentElement.closest("code, a")) text.replaceWith(withMentions(text.data, at));
  }
}

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
  return Object.assign(chat, { rows: [], last: 0, ghost: undefined });
}

/** The robot's is drawn by the style sheet. */
function avatar(kind, text) {
  const attributes = { class: `avatar ${kind}`, "aria-hidden": "true" };
  return make("span", attributes, kind.startsWith("robot") ? "" : text);
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
}

function markRead(chat) {
  chat.readUntil = chat.last;
  chat.unread.hidden = true;
}

function onMessage(event) {
  const chat = chats.find(({ conversationId }) => conversationId === event.conversationId);
  if (chat === undefined) return;
  const { from, name, title, text, at, time } = event;
  const preview = withMentions(title ?? text, at).textContent;
  chat.preview.textContent = chat.id === "group" ? `${name}: ${preview}` : preview;
  chat.time.textContent = toMinute.format(time);
  chat.last = time;
  if (from === "robot") dropGhost(chat);
  const row = messageRow(event);
  chat.rows.push(row);
  if (chat === open) {
    following(messages, () => messages.insertBefore(row, chat.ghost ?? null));
    if (from === "person") toEnd(messages);
    markRead(chat);
  } else if (from === "robot" && time > chat.readUntil) {
    chat.unread.hidden = false;
  }
}

function messageRow({ from, name, msgtype, text, at, time }) {
  const attributes = { class: `bubble ${msgtype}`, "data-testid": "bubble", "data-from": from };
  const content = make("div", attributes, msgtype === "markdown" ? markdown(text) : text);
  highlightMentions(content, at);
  // DingTalk cuts "@robot" out of what it passes on; the style sheet puts it back in the group.
  if (from === "person") content.dataset.mention = `@${robotName} `;
  return chatRow(from, name, toMinute.format(time), content);
}

function chatRow(from, name, caption, content) {
  const who = make("span", { class: "who" }, name);
  const meta = make("div", { class: "meta" }, who, make("span", { class: "caption" }, caption));
  const said = make("div", { class: "said" }, meta, content);
  return make("div", { class: `row ${from}` }, avatar(from, name.slice(-2)), said);
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
