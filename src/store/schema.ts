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
];
