import {
  NO_AGENT,
  NO_TOOL_AGENT,
  otherToolAgent,
  unknownAgent,
  unknownToolAgent,
} from "./gateway-shapes.ts";

/** What a chat request says about who is to answer. */
export interface Addressed {
  readonly headers: Readonly<Record<string, string>>;
  readonly model: string;
}

/** What is answered instead of doing the work. */
interface Refused {
  readonly refusal: object;
}

/** The agents of a gateway: undefined for one that takes any. */
export function createRoster(agents: readonly string[] | undefined) {
  const known = agents?.map((id) => id.toLowerCase());
  const has = (id: string) => known?.includes(id.toLowerCase()) !== false;
  /** Who works where nobody is named. */
  const sole = known === undefined ? "main" : known.length === 1 ? known[0] : undefined;

  return {
    all: known ?? ["main"],
    /** Header before model, and a gateway with several agents wants one of them. */
    selected({ headers, model }: Addressed): { readonly agent: string } | Refused {
      const named = headers["x-openclaw-agent-id"] ?? headers["x-openclaw-agent"] ?? agentOf(model);
      if (named !== undefined)
        return has(named) ? { agent: named } : { refusal: unknownAgent(named) };
      return sole === undefined ? { refusal: NO_AGENT } : { agent: sole };
    },
    /** The agent in a session's key, if the gateway does not have it. It is noticed only when the turn begins. */
    strangerIn(session: string): string | undefined {
      const named = agentInKey(session);
      return named === undefined || has(named) ? undefined : named;
    },
    /** The session a tool runs in. An agent that only the key names need not be there. */
    callerOf(
      agentId: string | undefined,
      sessionKey: string | undefined,
    ): { readonly session: string } | Refused {
      const inKey = sessionKey === undefined ? undefined : agentInKey(sessionKey);
      const id = agentId?.trim() || undefined;
      if (id !== undefined && !has(id)) return { refusal: unknownToolAgent(id) };
      if (sessionKey !== undefined && inKey !== undefined) {
        return id === undefined || id === inKey
          ? { session: sessionKey }
          : { refusal: otherToolAgent(id, inKey) };
      }
      const agent = id ?? sole;
      if (agent === undefined) return { refusal: NO_TOOL_AGENT };
      if (agent !== agent.toLowerCase())
        return { refusal: otherToolAgent(agent, agent.toLowerCase()) };
      return { session: `agent:${agent}:${sessionKey ?? "main"}` };
    },
  };
}

export type Roster = ReturnType<typeof createRoster>;

const agentOf = (model: string): string | undefined =>
  /^(?:openclaw[/:]|agent:)(?!default$)(.+)$/.exec(model)?.[1];

const agentInKey = (key: string): string | undefined =>
  /^agent:([^:]+):/i.exec(key)?.[1]?.toLowerCase();
