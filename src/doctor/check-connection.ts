import type { AccountConfig } from "../core/config/schema.ts";
import type { Dial } from "../core/socket.ts";
import { verifyRobot, type Verified } from "../onboard/verify.ts";
import { hostFinding } from "./check-network.ts";
import { finding, type Finding } from "./codes.ts";
import { placeOf, reach, type Reached, type Ways } from "./reach.ts";
import { STEP_MS, brief, step, type Stepped, type Time } from "./step.ts";

export interface ConnectionOptions {
  readonly config: AccountConfig;
  /** Its name, where there are several. */
  readonly account: string | undefined;
  readonly ways: Ways;
  readonly dial: Dial;
  readonly userAgent: string;
}

interface Watched {
  /** Undefined: there was no ticket. */
  readonly place: string | undefined;
  readonly looked: Promise<Reached> | undefined;
  /** It stood, if only for a moment. */
  readonly isUp: boolean;
  readonly pingMs: number | undefined;
}

/**
 * Opens a Stream, connects, pings and hangs up. Only where no worker runs for this robot: DingTalk would
 * send this connection some of its messages. What comes in the moment it stands is not acked.
 */
export async function connectionFindings(
  options: ConnectionOptions,
  time: Time,
): Promise<readonly Finding[]> {
  const who = options.account === undefined ? {} : { account: options.account };
  const { verified, watched } = await verify(options, time);
  const { place, pingMs } = watched;
  if (place === undefined)
    return [...unopened(verified, who), finding("DB304", "unknown", {}, who)];

  const opened = finding("DB402", "open", {}, who);
  if (verified.ok && verified.value.ok) {
    const ping = Math.round(pingMs ?? 0);
    const { host } = placeOf(place);
    return [
      finding("DB304", "connected", { host }, who),
      opened,
      finding("DB403", "answered", { ping }, { ...who, ms: verified.ms }),
    ];
  }
  const reached = await watched.looked;
  const said = verified.ok ? reasonOf(verified.value) : verified.said;
  return [
    ...(reached === undefined ? [] : [hostFinding("DB304", place, reached, options.account)]),
    opened,
    finding("DB403", watched.isUp ? "silent" : "handshake", { said }, { ...who, ms: verified.ms }),
  ];
}

function unopened(verified: Stepped<Verified>, who: { readonly account?: string }): Finding[] {
  const said = verified.ok ? reasonOf(verified.value) : verified.said;
  const failure = verified.ok && !verified.value.ok ? verified.value.failure : "unavailable";
  const is =
    failure === "credentials" || failure === "configuration" || failure === "refused"
      ? failure
      : "unanswered";
  const more = { ...who, ms: verified.ms };
  return [finding("DB402", is, { said: brief(said) }, more), finding("DB403", "unopened", {}, who)];
}

const reasonOf = (verified: Verified): string => (verified.ok ? "" : verified.reason);

/** Opening has its time, and connecting its own. */
async function verify({ config, ways, dial, userAgent }: ConnectionOptions, time: Time) {
  const { clock } = time;
  let place: string | undefined;
  let looked: Promise<Reached> | undefined;
  let pingedAt: number | undefined;
  let isUp = false;
  let pingMs: number | undefined;
  const isOpen = Promise.withResolvers<void>();

  const watching: Dial = (url, handlers, options) => {
    const { origin } = new URL(url);
    place = origin;
    // At the same time, so that it is known if the connection does not come about.
    looked = reach(origin, ways, time);
    isOpen.resolve();
    const heard = () =>
      (pingMs ??= pingedAt === undefined ? undefined : clock.monotonic() - pingedAt);
    const socket = dial(
      url,
      {
        ...handlers,
        onOpen() {
          isUp = true;
          handlers.onOpen();
        },
        onText(text) {
          heard();
          handlers.onText(text);
        },
        onPong() {
          heard();
          handlers.onPong();
        },
      },
      options,
    );
    return {
      send: (text) => socket.send(text),
      ping() {
        pingedAt = clock.monotonic();
        socket.ping();
      },
      close: (code, reason) => socket.close(code, reason),
      terminate: () => socket.terminate(),
    };
  };

  const stop = new AbortController();
  const verifying = verifyRobot(
    { ...config, userAgent, fetch: ways.fetch, dial: watching, clock },
    AbortSignal.any([stop.signal, time.signal]),
  );
  // Whoever waits is told; nobody else is.
  verifying.catch(() => undefined);
  const open = await step(time, async () => await Promise.race([isOpen.promise, verifying]));
  const verified: Stepped<Verified> = open.ok
    ? await step(time, async () => await verifying, STEP_MS)
    : open;
  if (!verified.ok) stop.abort(new Error("it takes too long"));
  const watched: Watched = { place, looked, isUp, pingMs };
  return { verified, watched };
}
