import type { Said } from "../../../src/core/inbound/parts.ts";
import { saidIn } from "../../../src/core/inbound/parts.ts";
import { parseRobotMessage, type RobotMessage } from "../../../src/core/inbound/robot-message.ts";
import { payloadData, type Payload } from "../../support/robot-payloads.ts";

export function messageOf(data: string): RobotMessage {
  const parsed = parseRobotMessage(data);
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.message;
}

export const saidOf = (payload: Payload, more: Readonly<Record<string, unknown>> = {}): Said =>
  saidIn(messageOf(payloadData(payload, more)));

/** A payload of a kind, with nothing but this content. */
export const content = (msgtype: string, content: unknown): Payload => ({
  chat: "direct",
  fields: { msgtype, text: undefined, content },
});
