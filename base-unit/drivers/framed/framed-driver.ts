import type { ConnectPlan, UnitSession, UnitDriver } from '../port/unit-driver.ts';
import { AppError } from '#protocol/errors.ts';
import type { UnitId } from '#protocol/ids.ts';
import type { ClockQuality } from '#protocol/reading.ts';
import type { StoredUnit } from '../../store/unit-list.ts';
import { type ConnectDeps, connectUnit, type FramePlan } from './connect-unit.ts';
import type { FramedSession } from './framed-session.ts';
import { ReportReader } from './report-reader.ts';
import { SampleCursor, type SampleMark } from '../port/sample-cursor.ts';
import { UnitTime } from '../port/unit-time.ts';
import { TicketBox } from './ticket-box.ts';
import type { UnitProtection } from '../../store/unit-protection.ts';

export interface FramedDriverDeps extends Omit<ConnectDeps, 'cursor' | 'reports' | 'time'> {
  readonly clockQuality: () => ClockQuality;
  /** The last sample of a unit that was stored. */
  readonly sampleMark: (unitId: UnitId) => SampleMark | undefined;
  readonly protectionOf: (unit: Pick<StoredUnit, 'unitId' | 'address'>) => UnitProtection;
}

/** Uses frames (docs/unit-link.md): encrypted with the unit's key, or unencrypted if configured. */
export class FramedDriver implements UnitDriver {
  readonly staticDescription = undefined;
  /** The unit buffers its newest samples. */
  readonly losesReadings = false;
  readonly #unit: StoredUnit;
  readonly #deps: FramedDriverDeps & ConnectDeps;
  readonly #tickets = new TicketBox();
  #isClosed = false;

  constructor(unit: StoredUnit, deps: FramedDriverDeps) {
    this.#unit = unit;
    const time = new UnitTime();
    const cursor = new SampleCursor(deps.sampleMark(unit.unitId));
    const reports = new ReportReader({ ...deps, cursor, time });
    this.#deps = { ...deps, time, cursor, reports };
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
