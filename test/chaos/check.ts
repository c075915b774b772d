import type { Sent } from "../../src/simulator/dingtalk.ts";
import { endOf, headOf, tagsIn, type Message } from "./messages.ts";
import type { World } from "./world.ts";

/** Closes an answer of which the gateway's history has only the beginning. */
const SHORTENED = "只取回了开头一部分";
const NOTICE = "⏳";

const wordsOf = ({ body }: Sent) => body.markdown?.text ?? body.text?.content ?? "";

/** Looks at all that was said and sent, when nothing is under way any more. */
export function checkEverything(world: World): void {
  const { journal, dingtalk, gateway, messages } = world;
  const places = placesIn(dingtalk.sent);
  for (const message of messages.all()) checkEnds(world, places, message);
  for (const chat of new Set(messages.all().map(({ chat }) => chat))) {
    checkOrder(
      world,
      places,
      messages.all().filter((message) => message.chat === chat),
    );
    checkNotices(world, chat.conversationId);
  }
  for (const sent of dingtalk.sent) {
    const words = wordsOf(sent);
    if (tagsIn(words).length > 0 || words.startsWith(NOTICE) || words.includes(SHORTENED)) continue;
    journal.violation(
      `a line that is no answer at ${journal.clock(sent.time)} in ${sent.conversationId}: ${words.slice(0, 80)}`,
    );
  }
  for (const { kind, where, time } of dingtalk.violations) {
    journal.violation(`too fast (${kind}) at ${journal.clock(time)}: ${where}`);
  }
  const aborts = gateway.earlyAborts - world.excusedAborts;
  if (aborts > 0) journal.violation(`${aborts} early hang-ups at the gateway`);
}

/** Where in what was sent the words of the answers stand, and in which chats. */
type Places = ReadonlyMap<string, readonly { readonly chat: string; readonly at: number }[]>;

const WORDS = /(?:answer to|end of) «m\d+»/g;

function placesIn(sent: readonly Sent[]): Places {
  const places = new Map<string, { chat: string; at: number }[]>();
  for (const [nth, each] of sent.entries()) {
    for (const { 0: words, index } of wordsOf(each).matchAll(WORDS)) {
      const place = { chat: each.conversationId, at: nth * 1e6 + index };
      const known = places.get(words);
      if (known === undefined) places.set(words, [place]);
      else known.push(place);
    }
  }
  return places;
}

/** One visible end: a second time only where nobody could know of the first. */
function checkEnds({ journal, dingtalk }: World, places: Places, message: Message): void {
  const { tag, manner, acked, uncertain, chat } = message;
  const answers = places.get(headOf(tag)) ?? [];
  const heads = answers.length;
  if (acked === undefined) journal.violation("never acked", tag);
  if (manner === "silent") {
    if (heads > 0) journal.violation("an answer where the agent was silent", tag);
    return;
  }
  if (acked !== undefined && heads === 0) journal.violation("lost: acked, but not answered", tag);
  if (heads > 1 + uncertain) {
    journal.violation(`answered ${heads} times, ${uncertain} sends were uncertain`, tag);
  }
  if (answers.some((place) => place.chat !== chat.conversationId))
    journal.violation("answered in another chat", tag);
  if (manner !== "long" || heads === 0) return;
  const ends = places.get(endOf(tag))?.length ?? 0;
  const isShortened = dingtalk.sent.some(
    (sent) => sent.conversationId === chat.conversationId && wordsOf(sent).includes(SHORTENED),
  );
  if (ends === 0 && !isShortened) journal.violation("the answer's second half is missing", tag);
  if (ends > 1 + uncertain) journal.violation(`the second half came ${ends} times`, tag);
}

/** Whether `one` was stored before `other` for certain. */
function isEarlier(one: Message, other: Message): boolean {
  const [first] = other.deliveries;
  if (one.acked === undefined || first === undefined) return false;
  const { time, delivery } = one.acked;
  return time < first.time || (delivery.link === first.link && delivery.seq < first.seq);
}

function checkOrder({ journal }: World, places: Places, messages: readonly Message[]): void {
  const answered = messages
    .map((message) => ({ message, at: places.get(headOf(message.tag))?.[0]?.at }))
    .filter((each): each is { message: Message; at: number } => each.at !== undefined)
    .toSorted((a, b) => a.at - b.at);
  for (const [index, { message }] of answered.entries()) {
    const overtaken = answered.slice(0, index).find((before) => isEarlier(message, before.message));
    if (overtaken === undefined) continue;
    const { tag } = overtaken.message;
    journal.violation(`answered after ${tag}, which came later`, message.tag);
  }
}

/** People are told at most once per outage that they have to wait. */
function checkNotices(world: World, conversationId: string): void {
  const { dingtalk, journal, outages, sends } = world;
  const told = new Map<number, number>();
  for (const sent of dingtalk.sent) {
    if (sent.conversationId !== conversationId || !wordsOf(sent).startsWith(NOTICE)) continue;
    const outage = outages.findLastIndex(({ from }) => from <= sent.time);
    told.set(outage, (told.get(outage) ?? 0) + 1);
    if (outage < 0) journal.violation(`a notice without an outage in ${conversationId}`);
  }
  for (const [outage, times] of told) {
    if (times <= 1 + sends.otherDoubts(conversationId)) continue;
    const from = journal.clock(outages[outage]?.from ?? 0);
    journal.violation(
      `told ${times} times to wait in ${conversationId}, in the outage from ${from}`,
    );
  }
}
