import { describe, expect, test } from "bun:test";
import { ID } from "../send/_sending.ts";
import { serving } from "./_app.ts";

const PATH = "/v1/hooks/openclaw";
const finished = {
  jobId: "job1",
  action: "finished",
  job: { id: "job1", name: "Morning brief", payload: { kind: "agentTurn" } },
  status: "ok",
  summary: "Good morning",
  runAtMs: 5,
  sessionKey: "agent:main:dingtalk:group:cidgroup==",
};

describe("POST /v1/hooks/openclaw", () => {
  test("takes a job's words on for its chat", async () => {
    const { post, taken } = serving();
    const { status, headers, json } = await post(PATH, finished);
    expect(status).toBe(202);
    expect(json).toEqual({ id: ID });
    expect(headers.get("location")).toBe(`/v1/messages/${ID}`);
    expect(taken[0]?.replies.flatMap(({ targets }) => targets)).toEqual(["group:cidGroup=="]);
    // The gateway may not have heard the answer.
    expect((await post(PATH, finished)).json).toEqual({ id: ID });
    expect(taken).toHaveLength(1);
  });

  test("takes them on for whom ?to= names", async () => {
    const { post, taken } = serving();
    const isolated = { ...finished, sessionKey: "agent:main:cron:job1" };
    expect((await post(`${PATH}?to=user:staff9`, isolated)).status).toBe(202);
    const group = `${PATH}?to=${encodeURIComponent("group:cid+/x==")}`;
    expect((await post(group, isolated)).status).toBe(202);
    const targets = taken.map(({ replies }) => replies.flatMap((reply) => reply.targets));
    expect(targets).toEqual([["user:staff9"], ["group:cid+/x=="]]);
  });

  test("takes them on for the robot that ?account= names", async () => {
    const { post, taken } = serving({}, { accounts: ["default", "work"] });
    const isolated = { ...finished, sessionKey: "agent:main:cron:job1" };
    expect((await post(`${PATH}?to=user:staff9&account=work`, isolated)).status).toBe(202);
    expect(taken.map(({ account }) => account)).toEqual(["work"]);
  });

  test("says why somebody's job may not write", async () => {
    const { post, proactive, taken } = serving();
    proactive.verdict = { ok: false, reason: "jobs of guests may not write" };
    const { status, json } = await post(PATH, finished);
    expect(status).toBe(403);
    expect(json).toEqual({ error: "jobs of guests may not write" });
    expect(taken).toEqual([]);
  });

  test.each([
    [{ ...finished, summary: "NO_REPLY" }, "silent"],
    [{ ...finished, action: "started" }, "only finished runs are delivered"],
  ])("has nothing to deliver: %j", async (event, reason) => {
    const { post, taken } = serving();
    const { status, json } = await post(PATH, event);
    expect(status).toBe(200);
    expect(json).toEqual({ delivered: false, reason });
    expect(taken).toEqual([]);
  });

  test("says which chat it does not know, and what to do", async () => {
    const { post, log } = serving();
    const sessionKey = "agent:main:dingtalk:user:staff9";
    const { status, text } = await post(PATH, { ...finished, sessionKey });
    expect(status).toBe(422);
    expect(text).toContain("?to=");
    expect(text).not.toContain("staff9");
    expect(log.text()).toContain("job1");
  });

  test.each<[string, unknown, string]>([
    ["", "x", ""],
    ["", { ...finished, jobId: undefined }, "jobId"],
    ["", { ...finished, action: 5 }, "action"],
    ["", { ...finished, summary: {} }, "summary"],
    ["", { ...finished, job: { name: 5 } }, "job.name"],
    ["?to=staff9", finished, "to[0]"],
    ["?to=user:a&to=user:$:LWCP", finished, "to[1]"],
    ["?to=user:a&account=nobody", finished, "account"],
    ["?account=", finished, "account"],
  ])("refuses what it cannot read: %s %j", async (query, body, path) => {
    const { post, taken } = serving();
    const { status, json } = await post(PATH + query, JSON.stringify(body));
    expect(status).toBe(400);
    const { problems } = json as { problems: { path: string }[] };
    expect(problems.map((problem) => problem.path)).toContain(path);
    expect(taken).toEqual([]);
  });

  test("refuses what is no JSON, or too much", async () => {
    const { post } = serving();
    expect((await post(PATH, "{")).status).toBe(400);
    expect((await post(PATH, finished, { "content-type": "text/plain" })).status).toBe(415);
    const large = { ...finished, more: "x".repeat(1024 * 1024) };
    expect((await post(PATH, large)).status).toBe(413);
  });

  test("asks to come back when it cannot be stored", async () => {
    const full = serving();
    full.fill();
    expect((await full.post(PATH, finished)).status).toBe(429);
    const broken = serving();
    broken.break(new Error("disk"));
    const { status, headers } = await broken.post(PATH, finished);
    expect(status).toBe(503);
    expect(headers.get("retry-after")).not.toBeNull();
  });
});
