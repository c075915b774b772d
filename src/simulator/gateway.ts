import { randomUUID } from "node:crypto";
import { Hono } from "hono";
import { stream } from "hono/streaming";
import { parseJson } from "../core/json.ts";
import { createEcho } from "./echo.ts";
import { createRoster } from "./gateway-agents.ts";
import { faultResponse, type Fault } from "./faults.ts";
import { MAX_BODY_BYTES, imagesIn, takesImages, textIn } from "./gateway-content.ts";
import { createMediaFilter } from "./gateway-media.ts";
import { createResumes } from "./gateway-resumes.ts";
import { createSessions } from "./gateway-sessions.ts";
import {
  BAD_IMAGES,
  BAD_JSON,
  DONE,
  DRAINING,
  INTERNAL,
  LIVE,
  NO_MESSAGE,
  RESERVED,
  RESERVED_KEY,
  TOOL_FAILED,
  TOO_LARGE,
  UNAUTHORIZED,
  chunk,
  models,
  notInRoster,
  readiness,
  streamError,
} from "./gateway-shapes.ts";
import { createTools } from "./gateway-tools.ts";
import { createTurns, type Asked, type Responder, type Turn } from "./gateway-turns.ts";
import { listen, type Listening } from "./listen.ts";

export { createEcho, echoWords } from "./echo.ts";
export type { EchoOptions } from "./echo-words.ts";
export type { Entry, Session, SessionStatus } from "./gateway-sessions.ts";
export type { Content, ContentPart } from "./gateway-content.ts";
export type { Asked, Responder } from "./gateway-turns.ts";

export interface GatewayOptions {
  readonly token?: string;
  readonly respond?: Responder;
  /** Called with the answer so far, each time it grows and once when it is complete. */
  readonly onStreaming?: (session: string, text: string, done: boolean) => void;
  /** How long a start after a stop or a crash takes until /readyz says so and turns run. */
  readonly startupMs?: number;
  /** A client that hangs up too early makes it fatal, as with the real gateway. */
  readonly strictAborts?: boolean;
  /** The agents there are: a request for another is refused, and one that names none if there are several. Default: any. */
  readonly agents?: readonly string[];
  /** How long a turn is at work before its question is in the history: a crash until then loses it. */
  readonly recordAfterMs?: number;
}

/** Hanging up does no harm at this age once the run has said something, and at the other in any case. */
const SAFE_ABORT_MS = { heard: 4000, silent: 15_000 };

/** A session that was made to forget. */
export interface Reset {
  readonly time: number;
  /** The key as it was asked for. */
  readonly session: string;
}

/** From a start to the next one. */
interface Life {
  readonly since: number;
  started: boolean;
  readonly ready: Promise<void>;
  readonly becomeReady: () => void;
}

const SSE = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-cache",
};

/** A whole stream of a turn that does not come about. */
const failedTurn = (error: string) =>
  [chunk(`chatcmpl_${randomUUID()}`, { role: "assistant" }, null), streamError(error), DONE].join(
    "",
  );

function createLife(): Life {
  let becomeReady = () => {};
  const ready = new Promise<void>((resolve) => (becomeReady = resolve));
  return { since: Date.now(), started: false, ready, becomeReady };
}

/**
 * A stand-in for the OpenClaw gateway's HTTP API: the endpoint that streams, its health pages, and the
 * tools that look at sessions. Its sessions outlive a stop and a crash.
 */
export async function startGateway(options: GatewayOptions = {}) {
  const { token = "simulated-token", onStreaming, startupMs = 0, strictAborts = false } = options;
  const { recordAfterMs = 0 } = options;
  let respond = options.respond ?? createEcho("zh");
  const roster = createRoster(options.agents);
  const asked: Asked[] = [];
  const resets: Reset[] = [];
  /** What is answered instead of doing the work, until set back to null. */
  const faults: { tools: Fault | null } = { tools: null };
  const sessions = createSessions();
  let life = createLife();
  let startup: ReturnType<typeof setTimeout> | undefined;
  let draining = false;
  let fatal = false;
  let inFlight = 0;
  let earlyAborts = 0;

  const turns = createTurns({ sessions, isFatal: () => fatal, recordAfterMs });
  const resumes = createResumes({ sessions, turns, respond: (request) => respond(request) });

  const tools = createTools({
    sessions,
    roster,
    reset(sessionKey) {
      resets.push({ time: Date.now(), session: sessionKey });
      const session = sessions.open(sessionKey);
      resumes.drop(session);
      turns.forget(session);
      return session;
    },
  });

  const hungUp = (turn: Turn) => {
    if (!turns.abandon(turn)) return;
    const age = Date.now() - turn.asked.time;
    if (age >= SAFE_ABORT_MS[turn.heard ? "heard" : "silent"]) return;
    earlyAborts++;
    fatal ||= strictAborts;
  };

  const app = new Hono();
  app.get("/healthz", (c) => c.json(LIVE));
  app.get("/readyz", (c) => {
    const starting = life.started ? [] : ["startup-sidecars"];
    const failing = draining ? [...starting, "gateway-draining"] : starting;
    return c.json(readiness(failing, Date.now() - life.since), failing.length === 0 ? 200 : 503);
  });
  for (const path of ["/v1/*", "/tools/*"]) {
    app.use(path, async (c, next) => {
      if (c.req.header("authorization") !== `Bearer ${token}`) return c.json(UNAUTHORIZED, 401);
      if (draining) return c.json(DRAINING, 503, { "retry-after": "1" });
      return await next();
    });
  }
  app.post("/tools/invoke", async (c) => {
    if (faults.tools !== null) return faultResponse(faults.tools);
    return life.started ? tools.invoke(await c.req.text()) : c.json(TOOL_FAILED, 500);
  });
  app.get("/v1/models", (c) => c.json(models(roster.all)));

  app.post("/v1/chat/completions", async (c) => {
    const bytes = await c.req.arrayBuffer();
    if (bytes.byteLength > MAX_BODY_BYTES) return c.json(TOO_LARGE, 413);
    const body = parseJson(new TextDecoder().decode(bytes)) as Asked["body"] | undefined;
    if (body === undefined) return c.json(BAD_JSON, 400);
    const session = c.req.header("x-openclaw-session-key") ?? `agent:main:openai:${randomUUID()}`;
    if (RESERVED.test(session)) return c.json(RESERVED_KEY, 400);
    const content = body.messages.findLast(({ role }) => role === "user")?.content;
    if (content === undefined) return c.json(NO_MESSAGE, 400);
    const request: Asked = {
      time: Date.now(),
      headers: c.req.header(),
      session,
      body,
      text: textIn(content),
      images: imagesIn(content),
    };
    asked.push(request);
    const selected = roster.selected({ headers: request.headers, model: body.model });
    if ("refusal" in selected) return c.json(selected.refusal, 400);
    if (!takesImages(request.images)) return c.json(BAD_IMAGES, 400);
    const stranger = roster.strangerIn(session);
    if (stranger !== undefined) return c.body(failedTurn(notInRoster(stranger)), 200, SSE);
    const known = sessions.open(session);
    const answer = respond(request);
    if (answer instanceof Response) return answer;

    if (resumes.isRunning(known)) return c.body(failedTurn(INTERNAL), 200, SSE);
    for (const [name, value] of Object.entries(SSE)) c.header(name, value);
    resumes.drop(known);
    const turn = turns.create(request, answer);
    const { ready } = life;
    return stream(c, async (out) => {
      out.onAbort(() => hungUp(turn));
      inFlight++;
      try {
        await out.write(chunk(turn.runId, { role: "assistant" }, null));
        await Promise.race([ready, turn.interrupted]);
        let said = "";
        const media = createMediaFilter();
        const tell = async (piece: string) => {
          said += piece;
          onStreaming?.(session, said, false);
          await out.write(chunk(turn.runId, { content: piece }, null));
        };
        const outcome = await turns.run(turn, async (piece) => {
          const told = media.add(piece);
          if (told !== "" || piece === "") await tell(told);
        });
        // Broken off: the connection is gone, or about to be.
        if (outcome === undefined) return;
        const rest = media.end();
        if (rest !== "") await tell(rest);
        onStreaming?.(session, said, true);
        await out.write(outcome.ok ? chunk(turn.runId, {}, "stop") : streamError(outcome.error));
        await out.write(DONE);
      } finally {
        inFlight--;
      }
    });
  });

  /** Turns run from now on, and what a crash has interrupted is taken up. */
  const becomeReady = () => {
    life.started = true;
    resumes.start();
    life.becomeReady();
  };

  let server: Listening | undefined = await listen((request) => app.fetch(request));
  const { url, port } = server;
  becomeReady();

  const goAway = async () => {
    const stopping = server;
    server = undefined;
    clearTimeout(startup);
    resumes.stop();
    await stopping?.close();
  };

  return {
    url,
    token,
    faults,
    /** All questions, in order of arrival. */
    asked,
    /** All sessions that were made to forget, in order. */
    resets,
    /** What the gateway has kept of a session: entries, status, whether its last run was cut off. */
    sessionOf: sessions.find,
    set respond(next: Responder) {
      respond = next;
    },
    /** Questions whose answers are under way or waiting in line. */
    get inFlight() {
      return inFlight;
    },
    /** The most turns that ran at the same time. */
    get maxActive() {
      return turns.maxActive;
    },
    /** How often a client has hung up too early, whether that was fatal or not. */
    get earlyAborts() {
      return earlyAborts;
    },
    /** The agent database is closed for good: every turn fails, and nothing else shows it. */
    get fatal() {
      return fatal;
    },
    set fatal(state: boolean) {
      fatal = state;
    },
    get running() {
      return server !== undefined;
    },
    /** What /readyz says. */
    get ready() {
      return server !== undefined && life.started && !draining;
    },
    /** Goes away without a word: running answers break off for good, new requests are refused. */
    async stop() {
      turns.interruptAll("killed");
      await goAway();
    },
    /** Dies: the same, only that the next start finishes by itself what was running. */
    async crash() {
      resumes.add(turns.interruptAll("crash"));
      await goAway();
    },
    /** Takes no more questions and refuses those in line; what is under way ends as it should. */
    drain() {
      draining = true;
      turns.refuseQueued();
    },
    /** Comes back under the same address, or takes questions again after a drain. */
    async start() {
      draining = false;
      if (server !== undefined) return;
      fatal = false;
      life = createLife();
      server = await listen((request) => app.fetch(request), { port });
      if (startupMs === 0) becomeReady();
      else startup = setTimeout(becomeReady, startupMs);
    },
  };
}

export type EchoGateway = Awaited<ReturnType<typeof startGateway>>;
