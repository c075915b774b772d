import type { Clock, Timer } from "../core/clock.ts";
import type { Dial } from "../core/socket.ts";
import { openConnection, type OpenFailure } from "../core/stream/open.ts";

export interface VerifyOptions {
  /** Without a trailing slash. */
  readonly apiUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly userAgent: string;
  readonly fetch: typeof fetch;
  readonly dial: Dial;
  readonly clock: Clock;
}

/**
 * Besides why no ticket was given: `handshake` the WebSocket did not come about · `silent` it did, and
 * nothing came through it.
 */
export type VerifyFailure = OpenFailure | "handshake" | "silent";

export type Verified =
  | { readonly ok: true; readonly tookMs: number }
  /** `reason`: one line, no secret. */
  | { readonly ok: false; readonly failure: VerifyFailure; readonly reason: string };

const OPEN_MS = 10_000;
const DIAL_MS = 10_000;
const PONG_MS = 5000;
/** A closing handshake is waited for that long. */
const CLOSE_MS = 1000;
const MAX_FRAME_BYTES = 1024 * 1024;

/**
 * Whether a robot can really be connected: asks for a ticket, dials, pings, waits for the answer, hangs up.
 * An access token would prove less: it is given to apps without Stream too. The connection lives for a
 * moment only, and what DingTalk pushes into it meanwhile is not acked, so that it comes again.
 * Rejects only if `signal` was aborted, with its reason.
 */
export async function verifyRobot(options: VerifyOptions, signal: AbortSignal): Promise<Verified> {
  const { clock } = options;
  signal.throwIfAborted();
  const since = clock.monotonic();
  const opened = await openConnection({ ...options, timeoutMs: OPEN_MS, signal });
  signal.throwIfAborted();
  if (!opened.ok) return opened;
  const failed = await connect(options, opened.url, signal);
  signal.throwIfAborted();
  return failed ?? { ok: true, tookMs: clock.monotonic() - since };
}

/** Undefined: it works. */
async function connect(
  { dial, clock }: VerifyOptions,
  url: string,
  signal: AbortSignal,
): Promise<Extract<Verified, { ok: false }> | undefined> {
  const { promise, resolve } = Promise.withResolvers<
    Extract<Verified, { ok: false }> | undefined
  >();
  let outcome: Extract<Verified, { ok: false }> | undefined;
  let isOpen = false;
  let timer: Timer | undefined;
  const arm = (ms: number, run: () => void) => {
    timer?.cancel();
    timer = clock.after(ms, run);
  };
  const alive = () => {
    if (!isOpen) return;
    isOpen = false;
    outcome = undefined;
    socket.close(1000, "bye");
    arm(CLOSE_MS, () => socket.terminate());
  };
  const abort = () => socket.terminate();
  const host = new URL(url).host;

  outcome = {
    ok: false,
    failure: "handshake",
    reason: `no WebSocket connection to ${host} within ${DIAL_MS} ms`,
  };
  arm(DIAL_MS, () => socket.terminate());
  const socket = dial(
    url,
    {
      onOpen() {
        isOpen = true;
        outcome = {
          ok: false,
          failure: "silent",
          reason: `the connection to ${host} is open, but nothing comes through it`,
        };
        arm(PONG_MS, () => socket.terminate());
        socket.ping();
      },
      onText: alive,
      onPong: alive,
      onClose(code, said) {
        timer?.cancel();
        if (outcome?.failure === "handshake" && said !== "") {
          outcome = { ...outcome, reason: `no WebSocket connection to ${host}: ${said}` };
        } else if (outcome?.failure === "silent" && isOpen && code !== 1006) {
          outcome = { ...outcome, reason: `${host} hung up with code ${code}: ${said}` };
        }
        resolve(outcome);
      },
    },
    { maxPayload: MAX_FRAME_BYTES },
  );
  signal.addEventListener("abort", abort, { once: true });
  const failed = await promise;
  signal.removeEventListener("abort", abort);
  return failed;
}
