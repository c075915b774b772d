import type { DeskStatus } from "./model.ts";
import { sessionOf, type Admitted, type DeskOptions } from "./model.ts";
import { exactly, nameShown } from "./shown.ts";

export type AboutOptions = Pick<
  DeskOptions,
  "robot" | "texts" | "access" | "store" | "status" | "clock"
>;

/** `/status` and `/whoami`. Both reject if the store fails. */
export function createAbout(options: AboutOptions) {
  const { texts, access, clock } = options;

  const agoOf = (since: number | null) =>
    since === null ? undefined : texts.duration(Math.max(0, clock.now() - since));

  const linesOf = ({ link, gateway, session, inbox, outbox, budget }: DeskStatus) => {
    const { labels } = texts;
    const robot = nameShown(options.robot) ?? "";
    return {
      robot: [labels.robot, texts.link(robot, link.state, agoOf(link.since))],
      gateway: [labels.gateway, texts.gateway(gateway.state, agoOf(gateway.since))],
      queue: [labels.queue, texts.queue(session, { inbox, outbox })],
      budget: [labels.budget, texts.budget(budget)],
    } as const;
  };

  return {
    async status(entry: Admitted): Promise<string> {
      const session = await sessionOf(options, entry);
      const lines = linesOf(await options.status(entry.chat, session));
      return listOf([
        lines.robot,
        lines.gateway,
        [texts.labels.agent, exactly(entry.decision.agentId)],
        [texts.labels.session, exactly(session)],
        lines.queue,
        lines.budget,
      ]);
    },

    async whoami(entry: Admitted): Promise<string> {
      const { asker, chat, decision, message } = entry;
      const { labels } = texts;
      const session = await sessionOf(options, entry);
      const others = asker.ids.filter((id) => id !== asker.userId);
      const group = [nameShown(message.conversationTitle), exactly(chat.conversationId)];
      const list = listOf([
        [labels.name, nameShown(asker.nick)],
        [labels.yourId, asker.userId === "" ? texts.unknownId : exactly(asker.userId)],
        ...others.map((id) => [labels.otherId, exactly(id)] as const),
        [labels.role, texts.roles[decision.role]],
        [labels.agent, exactly(decision.agentId)],
        [
          labels.group,
          chat.kind === "group" ? group.filter((part) => part !== undefined).join(" ") : undefined,
        ],
        [labels.session, exactly(session)],
      ]);
      return access.unowned ? `${list}\n\n${texts.unowned}` : list;
    },
  };
}

type Line = readonly [label: string, value: string | undefined];

function listOf(lines: readonly Line[]): string {
  return lines
    .flatMap(([label, value]) => (value === undefined ? [] : [`- ${label}${value}`]))
    .join("\n");
}
