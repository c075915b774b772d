import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Arrival } from "../../src/core/store.ts";
import { claimOf, type Chat } from "../../src/core/inbound/session.ts";
import { openSqliteStore } from "../../src/store/sqlite.ts";
import { temporaryFolder } from "../support/worker-process.ts";
import { createFrames, sessionName } from "./frames.ts";

const BATCH = 5000;
/** About 300 bytes. */
const TEXT =
  "昨天的部署失败了，流水线停在 deploy 阶段，提示 image pull backoff。请先确认镜像仓库的凭证有没有过期，" +
  "再看一下节点的磁盘空间，如果都正常就把服务回滚到上一个版本，回滚之前告诉我影响哪些用户。";

export interface BacklogOptions {
  readonly messages: number;
  readonly sessions: number;
}

/** A data folder whose messages have all been taken in and none been answered. */
export async function makeBacklog({ messages, sessions }: BacklogOptions) {
  const folder = temporaryFolder();
  const path = join(folder.path, "data");
  mkdirSync(path);
  const store = openSqliteStore(join(path, "dingbridge.sqlite"));
  const people = Array.from({ length: sessions }, (_, at) => personOf(sessionName(at)));
  const usage = { account: "default", month: new Date().toISOString().slice(0, 7) };
  for (let from = 0; from < messages; from += BATCH) {
    const length = Math.min(BATCH, messages - from);
    const arrivals = Array.from({ length }, (_, at) => people[(from + at) % sessions]!(from + at));
    await store.takeIn(arrivals, [], usage);
  }
  const { inbox } = await store.counts();
  store.close();
  if (inbox !== messages) throw new Error(`${inbox} messages in the backlog, not ${messages}`);
  return { path, remove: folder.remove };
}

/** Makes one person's messages. */
function personOf(userId: string): (at: number) => Arrival {
  const conversationId = `cid${userId}==`;
  const chat: Chat = { account: "default", kind: "direct", conversationId, userId };
  const webhook = `http://127.0.0.1:9/robot/sendBySession?session=${userId}`;
  const makeFrame = createFrames({ webhook, senderStaffId: userId, text: TEXT });
  const place = claimOf("main", { chat });
  return (at) => {
    const receivedAt = Date.now();
    return {
      chat,
      place,
      msgId: `backlog${at}==`,
      // Its form is the intake's business; here it has to be unique and to begin with the time.
      fingerprint: JSON.stringify([receivedAt, "default", conversationId, at]),
      data: (JSON.parse(makeFrame(`push${at}`)) as { data: string }).data,
      receivedAt,
      webhook: { url: webhook, expiresAt: receivedAt + 90 * 60_000 },
      sender: { ids: [userId], nick: "小明" },
      memberId: undefined,
      outageMs: 0,
    };
  };
}
