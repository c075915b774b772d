import { askGateway } from "../onboard/gateway.ts";
import { finding, type Finding } from "./codes.ts";
import type { GatewayOptions } from "./check-gateway.ts";
import { step, type Time } from "./step.ts";

/** A model may think for a while, and the gateway may not be hung up on soon. */
const QUESTION_MS = 120_000;

/** One real question, in a session of its own: it costs a model call. */
export async function askFinding(
  options: GatewayOptions & { readonly text: string },
  time: Time,
  account: string | undefined,
): Promise<Finding> {
  const { agentId: agent } = options;
  const asked = await step(
    time,
    async (signal) => await askGateway({ ...options, clock: time.clock }, signal),
    QUESTION_MS,
  );
  const more = { ms: asked.ms, ...(account === undefined ? {} : { account }) };
  if (!asked.ok) return finding("DB509", "failed", { agent, said: asked.said }, more);
  const { value } = asked;
  if (!value.ok) return finding("DB509", "failed", { agent, said: value.reason }, more);
  return value.answer === ""
    ? finding("DB509", "empty", { agent }, more)
    : finding("DB509", "answered", { agent, said: value.answer.slice(0, 100) }, more);
}
