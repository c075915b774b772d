/** Said in turn: what agents write, in both languages. */
const SENTENCES = [
  "流水线在 deploy 阶段失败，原因是节点 `node-03` 拉不到镜像，仓库返回 401，凭证在昨天夜里过期了。",
  "The rollout was paused **automatically** after two failed probes, so no user was affected for longer than a minute.",
  "先看一下[部署记录](https://ci.example.com/runs/20451?tab=deploy)，再决定要不要回滚；如果只是凭证的问题，重试就够了。",
  "Memory grew from 410 MB to *1.9 GB* within six hours, which points to the cache rather than to the queue.",
  "建议把 `max_connections` 从 100 调到 300，同时给连接池加上 5 秒的超时，否则一个慢查询会拖住其他所有请求。",
  "See https://docs.example.com/guide/limits for the limits, and mind that they hold per tenant, not per key.",
  "~~上周的结论~~已经不成立：新版本里这个字段改成了可选，旧客户端会把它当成空字符串。",
  "I compared three days of traffic: weekdays peak at 10:40 and 15:20, weekends stay below 20 % of that.",
] as const;

const FENCES = [
  `\`\`\`bash
kubectl -n prod get pods -o wide | grep -v Running
kubectl -n prod rollout undo deployment/gateway --to-revision=42   # 回滚到上一个版本
\`\`\``,
  `\`\`\`ts
export function retry<T>(work: () => Promise<T>, times = 3): Promise<T> {
  return work().catch((error: unknown) => {
    if (times <= 1) throw error;
    return retry(work, times - 1); // 次数用完才放弃
  });
}
\`\`\``,
  `\`\`\`sql
SELECT tenant_id, count(*) AS failed, max(created_at) AS last
FROM jobs WHERE state = 'failed' AND created_at > now() - interval '1 day'
GROUP BY tenant_id ORDER BY failed DESC LIMIT 20;
\`\`\``,
] as const;

const SERVICES = [
  "gateway",
  "订单服务",
  "billing",
  "用户中心",
  "search-index",
  "消息推送",
] as const;

const pick = <T>(of: readonly T[], at: number): T => of[at % of.length]!;

/** One topic of a report. No two are alike. */
function section(at: number): string {
  const sentence = (offset: number) => pick(SENTENCES, at * 3 + offset);
  const rows = Array.from({ length: 4 }, (_, row) => {
    const n = at * 4 + row;
    return `| ${pick(SERVICES, n)} | ${(n * 37) % 900} ms | ${(n * 13) % 100} % | ${n % 3 === 0 ? "**需要处理**" : "ok"} |`;
  });
  return `## ${at + 1}. ${pick(SERVICES, at)} 的检查结果 / findings

${sentence(0)}${sentence(1)}

${sentence(2)}
${sentence(3)}

- ${sentence(4)}
  - **影响**：${pick(SERVICES, at + 1)}，大约 ${(at * 17) % 400} 个用户
  - Owner: ${pick(SERVICES, at + 2)} team, *on call until Friday*
    1. 打开 [监控面板](https://grafana.example.com/d/${1000 + at}/overview)
    2. Filter by \`service="${pick(SERVICES, at)}"\` and look at p99
- ${sentence(5)}

1. 确认现状：${sentence(6)}
2. Change one thing at a time, and write down when.
3. 观察 ${10 + (at % 5) * 5} 分钟再继续。

| 服务 / service | p99 | CPU | 状态 |
| --- | ---: | ---: | :---: |
${rows.join("\n")}

> 注意：${sentence(7)}

${pick(FENCES, at)}

### 结论 ${at + 1}

${sentence(8)}
`;
}

/** An agent's report of at least so many bytes, the same every time. */
export function longAnswer(bytes: number): string {
  const encoder = new TextEncoder();
  const sections: string[] = [];
  for (let size = 0, at = 0; size < bytes; at++) {
    const next = section(at);
    sections.push(next);
    size += encoder.encode(next).byteLength + 1;
  }
  return sections.join("\n");
}
