import type { Logger } from 'pino';
import type { Store } from '../../store/store.ts';
import type { ClockOffset } from '../clock-offset.ts';

interface KeepOffsetDeps {
  readonly store: Pick<Store, 'clocks' | 'commitSoon'>;
  readonly offset: Pick<ClockOffset, 'offsetMs'>;
  readonly log: Logger;
}

/** After each measurement: events stored now may be sent by a later process, with another clock. */
export function keepOffset({ store, offset, log }: KeepOffsetDeps): void {
  const { offsetMs } = offset;
  if (offsetMs === undefined) return;
  try {
    store.commitSoon(() => {
      store.clocks.learn(offsetMs);
    });
  } catch (error) {
    // The disk is full, for example. Only events that outlive this process need it.
    log.warn({ err: error }, 'clock offset not stored');
  }
}
