/** What is wrong with a pair of credentials before anybody has been asked. */
export type ShapeProblem =
  | "id-empty"
  /** The numeric AgentId. */
  | "id-is-agent-id"
  /** The App ID, a UUID. */
  | "id-is-app-id"
  /** The organisation's CorpId. */
  | "id-is-corp-id"
  /** It looks like a secret. */
  | "id-is-secret"
  | "id-odd"
  | "secret-empty"
  /** Copied while it was hidden. */
  | "secret-masked"
  /** The Client ID once more. */
  | "secret-is-id"
  | "secret-odd";

const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;
/** Every organisation's id has this ending. */
const CORP_ID = /^ding[\da-f]+35c2f4657eb6378f$/i;

/** People copy the wrong field of the console more often than they mistype. */
export function idProblem(id: string): ShapeProblem | undefined {
  if (id === "") return "id-empty";
  if (/^\d+$/.test(id)) return "id-is-agent-id";
  if (UUID.test(id)) return "id-is-app-id";
  if (CORP_ID.test(id)) return "id-is-corp-id";
  if (!/^[\w.-]{4,128}$/.test(id)) return "id-odd";
  return id.length >= 40 && !id.startsWith("ding") ? "id-is-secret" : undefined;
}

export function secretProblem(secret: string, id: string): ShapeProblem | undefined {
  if (secret === "") return "secret-empty";
  if (/^[*•●·.]+$/u.test(secret)) return "secret-masked";
  if (secret === id) return "secret-is-id";
  return /^[\x21-\x7e]{8,256}$/.test(secret) ? undefined : "secret-odd";
}
