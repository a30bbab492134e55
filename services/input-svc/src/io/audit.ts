import { plainKeys } from '@ancloud/contracts';
import { type ControlAudit, ControlAudit as AuditMessage } from '@ancloud/contracts/state/v1/state';
import type { Log } from '@ancloud/kit';
import { keyOf, type State } from '@ancloud/state';

/** Lines of one phone at most; Redis cuts in whole nodes, so a few more may stand. */
const LINES = 1_000;
const KEEP_MS = 30 * 86_400_000;

/**
 * Who touched one phone when. Written beside the work: nothing waits for it, and a line that Redis does not take is lost, which
 * the log says. Only the input-svc that serves the phone writes.
 */
export class Audit {
  readonly #key: string;
  readonly #state: State;
  readonly #log: Log;

  constructor(phone: string, state: State, log: Log) {
    this.#key = keyOf(plainKeys.controlAudit.template, { phone });
    this.#state = state;
    this.#log = log;
  }

  add(line: Omit<ControlAudit, 'atMs' | 'viewerName'>): void {
    const json = JSON.stringify(AuditMessage.toJSON({ ...line, atMs: Date.now(), viewerName: '' }));
    this.#state
      .run('writing a control audit', (redis) =>
        redis
          .multi()
          .xadd(this.#key, 'MAXLEN', '~', LINES, '*', 'line', json)
          .pexpire(this.#key, KEEP_MS)
          .exec(),
      )
      .catch((err: unknown) => this.#log.warn({ key: this.#key, line, err }, 'an audit line was lost'));
  }
}
