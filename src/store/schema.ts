import type { DatabaseSync } from "node:sqlite";

/**
 * The database's layout. `user_version` counts the steps taken: a change is a new step at the end,
 * never an edit of an old one.
 */
export const MIGRATIONS: readonly string[] = [
  `
  -- Every robot message taken in. A row stays after its turn, emptied, as the memory of ids seen.
  CREATE TABLE inbox (
    id INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    msg_id TEXT NOT NULL,
    fingerprint BLOB,
    session TEXT NOT NULL,
    data TEXT,
    received_at INTEGER NOT NULL,
    done INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  -- Where there is a fingerprint it finds a repeated id too. Ids have no order: an index of them all
  -- would cost a page write a message.
  CREATE UNIQUE INDEX inbox_msg_id ON inbox (account, msg_id) WHERE fingerprint IS NULL;
  CREATE UNIQUE INDEX inbox_fingerprint ON inbox (fingerprint) WHERE fingerprint IS NOT NULL;
  CREATE INDEX inbox_waiting ON inbox (session, id) WHERE done = 0;
  CREATE INDEX inbox_done ON inbox (received_at) WHERE done = 1;

  -- From the gateway's folded session key back to the chat.
  CREATE TABLE chats (
    folded_key TEXT PRIMARY KEY,
    session TEXT NOT NULL,
    account TEXT NOT NULL,
    kind TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    user_id TEXT
  ) STRICT, WITHOUT ROWID;

  -- The newest session webhook of each conversation.
  CREATE TABLE webhooks (
    account TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    url TEXT NOT NULL,
    expires_at INTEGER,
    PRIMARY KEY (account, conversation_id)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE outbox (
    id INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    body TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    not_before INTEGER NOT NULL DEFAULT 0,
    failed_at INTEGER,
    failure TEXT
  ) STRICT;
  CREATE INDEX outbox_waiting ON outbox (account, conversation_id, id) WHERE failed_at IS NULL;

  CREATE TABLE quarantine (
    id INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    reason TEXT NOT NULL,
    data TEXT NOT NULL,
    received_at INTEGER NOT NULL
  ) STRICT;
  `,
  `
  -- What the gateway was asked for a message, and how far that got; outage_ms: see Arrival.
  ALTER TABLE inbox ADD COLUMN outage_ms INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE inbox ADD COLUMN asked_at INTEGER;
  ALTER TABLE inbox ADD COLUMN asked_text TEXT;
  ALTER TABLE inbox ADD COLUMN run_id TEXT;
  ALTER TABLE inbox ADD COLUMN broken INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE inbox ADD COLUMN asks INTEGER NOT NULL DEFAULT 0;

  -- When people were last told that their message is queued.
  ALTER TABLE chats ADD COLUMN noticed_at INTEGER;

  -- A reply knows its chat and holds a message that any path can carry, no longer a webhook's body.
  ALTER TABLE outbox RENAME TO outbox_1;
  DROP INDEX outbox_waiting;
  -- AUTOINCREMENT: a notice's id must not go to the answer that replaces it while the notice is being sent.
  CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    user_id TEXT,
    message TEXT NOT NULL,
    notice INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    not_before INTEGER NOT NULL DEFAULT 0,
    sending INTEGER NOT NULL DEFAULT 0,
    failed_at INTEGER,
    failure TEXT
  ) STRICT;
  INSERT INTO outbox
    SELECT id, o.account, o.conversation_id, coalesce(c.kind, 'direct'), c.user_id,
      json_object(
        'format', body ->> '$.msgtype',
        'title', coalesce(body ->> '$.markdown.title', ''),
        'parts', json_array(
          CASE WHEN user IS NULL THEN json_object('text', said)
          ELSE json_object(
            'text', ltrim(substr(said, length(user) + 2), ' ' || char(10)),
            'mention', json_object('userId', user)
          ) END
        )
      ),
      0, not_before, attempts, not_before, 0, failed_at, failure
    FROM (
      SELECT *,
        coalesce(body ->> '$.markdown.text', body ->> '$.text.content', '') AS said,
        body ->> '$.at.atUserIds[0]' AS user
      FROM outbox_1
    ) AS o
    LEFT JOIN (SELECT account, conversation_id, min(kind) AS kind, min(user_id) AS user_id FROM chats GROUP BY 1, 2) AS c
      USING (account, conversation_id);
  DROP TABLE outbox_1;
  CREATE INDEX outbox_waiting ON outbox (account, conversation_id, id) WHERE failed_at IS NULL;
  CREATE INDEX outbox_failed ON outbox (failed_at) WHERE failed_at IS NOT NULL;

  -- Tries of the last minutes: DingTalk's limit is a sliding minute, whoever has been restarted in it.
  CREATE TABLE sends (
    account TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX sends_recent ON sends (account, conversation_id, at);

  -- What counts against the organisation's monthly quota.
  CREATE TABLE usage (
    account TEXT NOT NULL,
    month TEXT NOT NULL,
    quota TEXT NOT NULL,
    used INTEGER NOT NULL,
    PRIMARY KEY (account, month, quota)
  ) STRICT, WITHOUT ROWID;

  -- What people are called, to name those whom a message mentions.
  CREATE TABLE people (
    account TEXT NOT NULL,
    id TEXT NOT NULL,
    nick TEXT NOT NULL,
    PRIMARY KEY (account, id)
  ) STRICT, WITHOUT ROWID;

  -- What was sent by the OpenAPI, by the key that a quote of it names.
  CREATE TABLE sent (
    account TEXT NOT NULL,
    key TEXT NOT NULL,
    text TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (account, key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX sent_age ON sent (at);

  -- Small things that must outlive a restart.
  CREATE TABLE notes (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  `,
  `
  -- Several people a message is for, as JSON, and the submission it is part of.
  ALTER TABLE outbox ADD COLUMN user_ids TEXT;
  ALTER TABLE outbox ADD COLUMN submission TEXT;
  CREATE INDEX outbox_submitted ON outbox (submission) WHERE submission IS NOT NULL AND failed_at IS NULL;

  -- What others asked to be sent. A row is kept until 7 days after the last change of its deliveries, and as
  -- long its idempotency key is known.
  CREATE TABLE submissions (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    idempotency_key TEXT,
    created_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX submissions_key ON submissions (account, idempotency_key) WHERE idempotency_key IS NOT NULL;

  -- What became of one message of a submission for one addressee. It outlives the message in the outbox.
  CREATE TABLE deliveries (
    outbox_id INTEGER NOT NULL,
    position INTEGER NOT NULL,
    submission TEXT NOT NULL,
    target TEXT NOT NULL,
    account TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    user_id TEXT,
    state TEXT NOT NULL DEFAULT 'queued',
    reason TEXT,
    key TEXT,
    left_out TEXT NOT NULL DEFAULT '[]',
    at INTEGER NOT NULL,
    PRIMARY KEY (outbox_id, position)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX deliveries_submission ON deliveries (submission);

  -- Cards that are in a chat, or about to be, and whose last text is not in the outbox yet.
  CREATE TABLE cards (
    out_track_id TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    user_id TEXT,
    opened_at INTEGER NOT NULL
  ) STRICT;

  -- What members of a group who have written there are called, to @ those whom an answer names.
  CREATE TABLE members (
    account TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    nick TEXT NOT NULL,
    PRIMARY KEY (account, conversation_id, user_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX members_nick ON members (account, conversation_id, nick);

  -- When a chat last brought a message; and the chats with one person.
  ALTER TABLE chats ADD COLUMN seen_at INTEGER NOT NULL DEFAULT 0;
  CREATE INDEX chats_direct ON chats (account, user_id) WHERE kind = 'direct';
  `,
  `
  -- Whose a session key is, as a claim says it, and in groups where each has one of their own: whose.
  ALTER TABLE chats ADD COLUMN owner TEXT NOT NULL DEFAULT '';
  ALTER TABLE chats ADD COLUMN member TEXT;
  UPDATE chats SET owner = json_array(
    account, kind, CASE kind WHEN 'direct' THEN coalesce(user_id, conversation_id) ELSE conversation_id END
  );

  -- Roles that approvals have given. Each write to this table and the next two counts up the note
  -- "access version", so that every process knows when to read them again.
  CREATE TABLE grants (
    account TEXT NOT NULL,
    user_id TEXT NOT NULL,
    role TEXT NOT NULL,
    nick TEXT,
    "by" TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (account, user_id)
  ) STRICT, WITHOUT ROWID;

  -- Who waits for an approval, and the chat they asked in. Codes are in upper case.
  CREATE TABLE pairings (
    account TEXT NOT NULL,
    user_id TEXT NOT NULL,
    nick TEXT,
    kind TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    code TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (account, user_id),
    UNIQUE (account, code)
  ) STRICT, WITHOUT ROWID;

  -- The agent somebody has chosen in a chat.
  CREATE TABLE choices (
    account TEXT NOT NULL,
    kind TEXT NOT NULL,
    chat_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    agent_id TEXT NOT NULL,
    PRIMARY KEY (account, kind, chat_id, user_id)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- By what the message that a reply answers is known in the log.
  ALTER TABLE outbox ADD COLUMN trace TEXT;
  `,
];

/** The database belongs to a newer version. */
export class LayoutError extends Error {
  override readonly name = "LayoutError";
}

/** Brings a database to the newest layout. Throws `LayoutError` if it is ahead of us. */
export function migrate(db: DatabaseSync): void {
  const version = Number(db.prepare("PRAGMA user_version").get()?.["user_version"]);
  if (version > MIGRATIONS.length) {
    throw new LayoutError(
      `the database was written by a newer dingbridge (layout ${version}, this one knows ${MIGRATIONS.length}): ` +
        "run that version, or set dataDir to another folder",
    );
  }
  for (let step = version; step < MIGRATIONS.length; step++) {
    try {
      db.exec(`BEGIN IMMEDIATE; ${MIGRATIONS[step]}; PRAGMA user_version = ${step + 1}; COMMIT;`);
    } catch (error) {
      if (db.isTransaction) db.exec("ROLLBACK");
      throw error;
    }
  }
}
