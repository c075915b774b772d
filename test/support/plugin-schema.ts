import { ACCOUNT, BLOCK } from "../../src/core/config/shape.ts";
import { SECRET_PATHS } from "../../src/core/config/schema.ts";
import { jsonSchemaOf, type Json } from "./json-schema.ts";

/** What other bridges write under keys of ours: aliases-table.ts knows what it means. */
const OTHER_WORDS: Readonly<Record<string, readonly string[]>> = {
  sessionScope: ["chat", "chat-sender"],
};

/** `{source: "env" | "file", …}` instead of the value. */
const REFERENCE = { required: ["source"] };

function change(schema: Json, key: string, path: string): Json {
  // Kept elsewhere, they leave their own key as an empty text.
  if (key === "clientId") return { type: ["string", "integer", "object"], ...REFERENCE };
  if (key === "clientSecret") return { type: ["string", "object"], ...REFERENCE };
  if (SECRET_PATHS.includes(path)) return { ...schema, type: ["string", "object"], ...REFERENCE };
  const words = OTHER_WORDS[key];
  return words === undefined ? schema : { enum: [...(schema["enum"] as string[]), ...words] };
}

/**
 * What `channels.dingtalk` may hold, for OpenClaw: whatever the loader takes, and as little as can be
 * said else. A value it refuses stops the whole gateway, one that the loader refuses only the worker.
 */
export function channelSchema(): Json {
  const block = jsonSchemaOf(BLOCK, change);
  // By id, or a list. Without a type: validators would complain about both.
  const accounts = {
    additionalProperties: jsonSchemaOf(ACCOUNT, change),
    items: { type: "object" },
  };
  return { ...block, properties: { ...(block["properties"] as Json), accounts } };
}
