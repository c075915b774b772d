import type { FailureKind } from "../core/gateway/errors.ts";
import type { ShapeProblem } from "./shape.ts";
import type { VerifyFailure } from "./verify.ts";

/** Everything the wizard says. */
export interface Texts {
  readonly title: string;
  readonly yes: string;
  readonly no: string;
  readonly keys: string;
  readonly quit: string;
  readonly retry: string;
  readonly skip: string;
  /** @param isKept: there is something to go on with. */
  readonly cancelled: (isKept: boolean) => string;
  readonly missing: (options: readonly string[]) => string;

  readonly look: {
    readonly file: (path: string) => string;
    readonly noFile: string;
    readonly broken: (path: string) => string;
    readonly noObject: (path: string, key: string) => string;
    readonly openclaw: (path: string) => string;
    readonly noOpenclaw: string;
    readonly blockWithoutPlugin: (path: string) => string;
    readonly gateway: (url: string) => string;
    readonly noGateway: (url: string) => string;
    readonly resumed: (clientId: string) => string;
    readonly nothingToResume: string;
    readonly canResume: string;
  };

  readonly robot: {
    readonly how: string;
    readonly configured: (clientId: string) => string;
    readonly qr: string;
    readonly qrHint: string;
    readonly paste: string;
    readonly pasteHint: string;
    readonly id: string;
    readonly secret: string;
    readonly visibleSecret: string;
    readonly secretFile: (path: string, why: string) => string;
    readonly problems: Readonly<Record<ShapeProblem, string>>;
    readonly checking: string;
    readonly works: (clientId: string) => string;
    readonly failures: Readonly<Record<VerifyFailure, string>>;
    readonly idHint: string;
    readonly other: string;
    readonly otherSecret: string;
    readonly saveAnyway: string;
    readonly notYet: string;
  };

  readonly qr: {
    readonly scan: string;
    readonly url: (url: string) => string;
    readonly code: (userCode: string) => string;
    readonly noBegin: string;
    readonly statuses: Readonly<Record<string, string>>;
    readonly status: (status: string) => string;
    readonly created: (clientId: string) => string;
    readonly secretInConsole: (clientId: string) => string;
    readonly failed: (reason: string) => string;
    readonly expired: string;
    readonly refused: string;
    readonly again: string;
    readonly renew: string;
  };

  readonly gateway: {
    readonly url: string;
    readonly badUrl: string;
    readonly ready: (url: string) => string;
    readonly failures: Readonly<Partial<Record<FailureKind, string>>>;
    readonly failed: string;
    readonly whatNow: string;
    readonly otherUrl: string;
    readonly otherToken: string;
    readonly token: string;
    readonly runCommand: string;
    readonly dropsComments: (path: string) => string;
    readonly ran: string;
    readonly notRun: (said: string) => string;
    readonly asking: string;
    readonly answered: (answer: string) => string;
    readonly silent: string;
    readonly skipped: string;
    readonly skippedIll: string;
  };

  readonly file: {
    readonly where: string;
    readonly own: (path: string) => string;
    readonly ownHint: string;
    readonly openclaw: (path: string) => string;
    readonly openclawHint: string;
    readonly why: string;
    readonly willRun: (command: string) => string;
    readonly refusesOpenclaw: (path: string) => string;
    readonly openclawComments: (path: string) => string;
    readonly noProgram: string;
    readonly replaces: (clientId: string, file: string) => string;
    readonly replaceNeedsYes: (clientId: string, file: string) => string;
    readonly written: (path: string) => string;
    readonly unchanged: (path: string) => string;
    readonly backup: (path: string) => string;
    readonly paste: (path: string) => string;
    readonly pasteSecret: string;
    readonly unreadable: (path: string, why: string) => string;
    readonly unwritable: (path: string, why: string) => string;
    readonly masked: (path: string) => string;
    readonly overridden: string;
    readonly problem: (line: string) => string;
    readonly unverified: string;
    readonly willNotStart: string;
  };

  readonly access: {
    readonly question: string;
    readonly pairing: string;
    readonly pairingHint: string;
    readonly open: string;
    readonly openHint: string;
    readonly skip: string;
  };

  readonly next: {
    readonly title: string;
    readonly steps: (what: {
      /** What somebody types here for a command of ours. */
      readonly run: (command: string) => string;
      readonly isPairing: boolean;
      readonly isQr: boolean;
    }) => readonly string[];
    readonly notDone: string;
  };
}
