import type { Event, Report } from '#protocol/unit-link/unit_link_pb.ts';
import type { SessionListener } from '../port/unit-driver.ts';
import type { ReportReader } from './report-reader.ts';
import type { SubscribedSession } from './subscriber.ts';

interface ReportListenerDeps {
  readonly reports: ReportReader;
  readonly listener: Omit<SessionListener, 'ended'>;
}

type ReportingSession = Pick<SubscribedSession, 'link' | 'identity' | 'model'>;

/** Passes on what one session brings unasked, once somebody listens. */
export class ReportListener {
  readonly #deps: ReportListenerDeps;
  #session: ReportingSession | undefined;

  constructor(deps: ReportListenerDeps) {
    this.#deps = deps;
  }

  /** What comes before is dropped unread: it must not move the cursor past samples that nobody stored. */
  begin(session: ReportingSession): void {
    this.#session = session;
  }

  readonly report = (report: Report): void => {
    if (!this.#session) return;
    const { reports, listener } = this.#deps;
    const { readings, missed, isLie } = reports.samples(report, this.#session);
    if (isLie) {
      this.#session.link.refuse('unit_protocol_error');
      return;
    }
    if (missed) listener.missed(missed);
    listener.readings(readings);
  };

  readonly event = (event: Event): void => {
    if (!this.#session) return;
    const happened = this.#deps.reports.event(event, this.#session.model);
    if (happened) this.#deps.listener.event(happened);
  };
}
