import { reasonOf } from "../log.ts";
import { createAbout } from "./about.ts";
import { createApproving } from "./approving.ts";
import { createChoosing } from "./choosing.ts";
import { commandIn, type Command } from "./command.ts";
import { createDenials } from "./denial.ts";
import { record, type Admitted, type DeskEntry, type DeskOptions } from "./model.ts";
import { nearestCommand } from "./nearest.ts";
import { exactly } from "./shown.ts";
import { createStopping } from "./stopping.ts";

export type { DeskEntry, DeskOptions, DeskStatus } from "./model.ts";

/** What the bridge itself answers: people who are not let in, and commands. Works without the gateway. */
export interface Desk {
  /**
   * The words to send, in markdown; undefined: none. Rejects if the store fails or the worker stops:
   * the message may come again then. One that comes again because its answer could not be stored gets
   * the same answer, and nothing is done twice.
   */
  handle(entry: DeskEntry): Promise<string | undefined>;
}

/** Answers that may be asked for again. */
const MAX_ANSWERED = 500;

export function createDesk(given: DeskOptions): Desk {
  const { texts, log } = given;
  const options: DeskOptions = {
    ...given,
    async onAccessChanged() {
      try {
        await given.onAccessChanged();
      } catch (error) {
        // What was changed is stored, and will be read at the next look.
        log.warn("a change of who may talk is not known yet", { reason: reasonOf(error) });
      }
    },
  };
  const deny = createDenials(options);
  const stopping = createStopping(options);
  const about = createAbout(options);
  const choose = createChoosing(options);
  const approve = createApproving(options);
  const answered = new Map<string, string | undefined>();

  const unknown = ({ decision }: Admitted, { word }: Command) => {
    const { commands } = decision.rights;
    const near = nearestCommand(word, commands);
    return texts.unknownCommand(
      exactly(`/${word}`),
      near === undefined ? undefined : exactly(`/${near}`),
      commands.includes("help"),
    );
  };

  const run = async (entry: Admitted, command: Command): Promise<string | undefined> => {
    const { commands } = entry.decision.rights;
    const { name } = command;
    if (name === undefined) return unknown(entry, command);
    if (!commands.includes(name)) {
      const { role } = entry.decision;
      record(options, entry, { event: "command-refused", role, what: name });
      return texts.commandRefused(exactly(`/${name}`));
    }
    switch (name) {
      case "help":
        return texts.help(commands.filter((each) => each !== "new" || stopping.mayReset(entry)));
      case "stop":
        return await stopping.stop(entry);
      case "new":
        return await stopping.fresh(entry, command);
      case "status":
        return await about.status(entry);
      case "whoami":
        return await about.whoami(entry);
      case "agent":
        return await choose(entry, command);
      case "approve":
        return await approve(entry, command);
      case "btw":
        // With a question it goes to the agent and does not come here.
        return texts.btwUsage;
    }
  };

  const answer = async (entry: DeskEntry): Promise<string | undefined> => {
    if (!isAdmitted(entry)) return await deny(entry);
    const command = commandIn(entry.message);
    if (command === undefined) return undefined;
    log.debug("command", { command: command.name ?? "unknown", role: entry.decision.role });
    return await run(entry, command);
  };

  return {
    async handle(entry) {
      const { msgId } = entry;
      if (answered.has(msgId)) return answered.get(msgId);
      const said = await answer(entry);
      if (msgId !== "") answered.set(msgId, said);
      const [oldest] = answered.keys();
      if (answered.size > MAX_ANSWERED && oldest !== undefined) answered.delete(oldest);
      return said;
    },
  };
}

function isAdmitted(entry: DeskEntry): entry is Admitted {
  return entry.decision.allowed;
}
