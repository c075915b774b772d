import { createDeviceFlow } from "../core/dingtalk/device-flow.ts";
import { report, type Session } from "./session.ts";
import { GivenUp } from "./ui.ts";

export interface Pair {
  readonly clientId: string;
  readonly clientSecret: string;
}

/**
 * Has an app with a robot created by a QR code, with a new code as often as somebody wants one.
 * Undefined: they would rather type the credentials of one they have.
 */
export async function createByQr(session: Session): Promise<Pair | undefined> {
  const { ui, texts } = session;
  for (;;) {
    const created = await tryOnce(session);
    if (created !== undefined) return created;
    if (!ui.isInteractive) throw new GivenUp(texts.next.notDone);
    const next = await ui.choose(
      texts.qr.again,
      [
        { value: "renew", label: texts.qr.renew },
        { value: "paste", label: texts.robot.paste },
        { value: "quit", label: texts.quit },
      ],
      "renew",
    );
    if (next === "quit") throw new GivenUp(texts.next.notDone);
    if (next === "paste") return undefined;
  }
}

async function tryOnce(session: Session): Promise<Pair | undefined> {
  const { ui, texts, signal } = session;
  const flow = createDeviceFlow(session);
  const begun = await flow.begin(signal);
  const failed = (text: string) => {
    report(session, { name: "credentials", status: "failed", text });
    return undefined;
  };
  if (!begun.ok) return failed(`${texts.qr.noBegin}\n(${begun.reason})`);
  const { code } = begun;
  ui.say(texts.qr.scan);
  ui.qr(code.url);
  ui.say(texts.qr.url(code.url));
  if (code.userCode !== "") ui.say(texts.qr.code(code.userCode));
  const onStatus = (status: string) => ui.say(texts.qr.statuses[status] ?? texts.qr.status(status));
  const ended = await flow.wait(code, onStatus, signal);
  switch (ended.kind) {
    case "created": {
      const { clientId, clientSecret, status } = ended;
      ui.good(texts.qr.created(clientId));
      if (status === "APPROVING") onStatus(status);
      return { clientId, clientSecret };
    }
    case "failed":
      return failed(texts.qr.failed(ended.reason));
    case "expired":
      return failed(texts.qr.expired);
    case "refused":
      return failed(`${texts.qr.refused}\n(${ended.reason})`);
  }
}
