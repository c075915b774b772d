import * as v from "valibot";
import { agentId } from "../config/values.ts";
import { chatIdOf } from "../inbound/session.ts";
import type { Command } from "./command.ts";
import { record, type Admitted, type DeskOptions } from "./model.ts";
import { exactly } from "./shown.ts";

/** OpenClaw's own ids are no longer. */
const MAX_AGENT_CHARS = 64;
/** More would be no help. */
const MAX_LISTED = 40;
/** What takes the choice back, unless an agent is called so. */
const BACK: ReadonlySet<string> = new Set(["default", "默认"]);

export type ChoosingOptions = Pick<
  DeskOptions,
  "account" | "texts" | "access" | "roster" | "store" | "agents" | "audit" | "onAccessChanged"
>;

/** `/agent`: who answers this person in this chat. Rejects if the store fails. */
export function createChoosing(options: ChoosingOptions) {
  const { account, texts, access, roster, store } = options;
  const { known } = options.agents;

  const listed = () => {
    const shown = known.slice(0, MAX_LISTED).map(exactly);
    return known.length > MAX_LISTED ? [...shown, "…"] : shown;
  };

  const now = ({ chat, asker }: Admitted) => {
    const decision = access.decide(chat, asker);
    return decision.allowed ? decision.agentId : undefined;
  };

  return async (entry: Admitted, { rest }: Command): Promise<string> => {
    const { chat, asker, decision } = entry;
    if (rest === "") return texts.currentAgent(exactly(decision.agentId), listed());
    // Everybody whom DingTalk does not name would share the choice.
    if (asker.userId === "") return texts.choiceNeedsId;
    const found = foundIn(known, rest);
    if (found === "none") return texts.noSuchAgent(listed());
    if (found === "several") return texts.severalAgents(listed());
    const wanted = found === "back" ? undefined : found.agentId;

    const { userId } = asker;
    const choice = { account, kind: chat.kind, chatId: chatIdOf(chat), userId };
    const before = roster.choiceOf(chat, userId);
    await store.choose(choice, wanted);
    await options.onAccessChanged();
    const current = now(entry);
    const isKnown = roster.choiceOf(chat, userId) === wanted;
    if (wanted !== undefined && isKnown && current !== wanted) {
      // Somebody has named the agents for guests, and this is none of them.
      await store.choose(choice, before);
      await options.onAccessChanged();
      record(options, entry, { event: "command-refused", role: decision.role, what: "agent" });
      return texts.agentNotForYou;
    }
    record(options, entry, { event: "agent-chosen", what: wanted ?? "default" });
    return wanted === undefined
      ? texts.choiceTakenBack(exactly(current ?? decision.agentId))
      : texts.agentChosen(exactly(wanted));
  };
}

type Found = { readonly agentId: string } | "back" | "none" | "several";

function foundIn(known: readonly string[], typed: string): Found {
  if (known.includes(typed)) return { agentId: typed };
  const folded = typed.toLowerCase();
  if (BACK.has(folded)) return "back";
  const alike = known.filter((each) => each.toLowerCase() === folded);
  if (alike.length > 1) return "several";
  const [only] = alike;
  if (only !== undefined) return { agentId: only };
  const may = known.length === 0 && typed.length <= MAX_AGENT_CHARS && v.is(agentId, typed);
  return may ? { agentId: typed } : "none";
}
