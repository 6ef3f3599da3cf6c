import type { ConnectPlan, UnitSession, UnitDriver } from '../port/unit-driver.ts';
import { AppError } from '#protocol/errors.ts';
import type { StoredUnit } from '../../store/unit-list.ts';
import { type ConnectDeps, connectUnit, type FramePlan } from './connect-unit.ts';
import type { FramedSession } from './framed-session.ts';
import { TicketBox } from './ticket-box.ts';
import type { UnitProtection } from '../../store/unit-protection.ts';

export interface FramedDriverDeps extends ConnectDeps {
  readonly protectionOf: (unit: Pick<StoredUnit, 'unitId' | 'address'>) => UnitProtection;
}

/** Uses frames (docs/unit-link.md): encrypted with the unit's key, or unencrypted if configured. */
export class FramedDriver implements UnitDriver {
  readonly staticDescription = undefined;
  readonly #unit: StoredUnit;
  readonly #deps: FramedDriverDeps;
  readonly #tickets = new TicketBox();
  #isClosed = false;

  constructor(unit: StoredUnit, deps: FramedDriverDeps) {
    this.#unit = unit;
    this.#deps = deps;
  }

  /** @throws AppError `unit_key_missing`: an unencrypted link must be allowed explicitly. */
  async connect(plan: ConnectPlan): Promise<UnitSession> {
    const { address } = plan;
    const protection = this.#deps.protectionOf({ ...this.#unit, address });
    const session = await connectUnit({ ...plan, ...this.#encryption(protection) }, this.#deps);
    if (protection.kind === 'encrypted') this.#keepTicket(session, protection.key);
    return session;
  }

  close(): void {
    this.#isClosed = true;
    this.#tickets.clear();
  }

  #encryption(protection: UnitProtection): Pick<FramePlan, 'encryption'> {
    switch (protection.kind) {
      case 'encrypted': {
        const { key } = protection;
        const ticket = this.#tickets.use(key, this.#deps.clock.monotonicMs());
        return { encryption: { key, ...(ticket ? { ticket } : {}) } };
      }
      case 'plain':
        return {};
      case 'unknown':
        throw new AppError('unit_key_missing');
      default:
        return protection satisfies never;
    }
  }

  /** Only units on demand are connected to so often that it pays; a held link is opened afresh. */
  #keepTicket({ secured, model }: FramedSession, key: Uint8Array): void {
    if (!secured) return;
    if (model.thing['sb:session'] === 'on-demand' && !this.#isClosed) {
      this.#tickets.put({ ...secured, key }, this.#deps.clock.monotonicMs());
    } else {
      secured.ticket.key.fill(0);
    }
  }
}
