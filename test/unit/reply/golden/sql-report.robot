===== Here is the query an
Here is the query and what it returns.

```sql
SELECT user_id, count(*) AS n
FROM   messages
WHERE  created_at >= now() - interval '7 days' AND body <> ''
GROUP  BY user_id
ORDER  BY n DESC
LIMIT  3;
```

| user_id | n | first\_seen\_at |
| --- | ---: | --- |
| u_1024 | 512 | 2026-01-02 |
| u_2048 | 64 | 2026-02-03 |
| u_4096 | 8 |  |

Rows with `n < 10` are noise; see also user\_id and first\_seen\_at in the *schema*.
