import type { Clock } from '#platform/clock.ts';
import { TokenBucket } from '../../domain/accounts/token-bucket.ts';

/** Messages of one owner: at once, and per second in the long run; more are refused. */
const MESSAGES = { burst: 400, perSecond: 200 };

/** Bounds the work that one person or base can make, over all of its sockets. */
export class MessageBudget extends TokenBucket {
  constructor(clock: Clock) {
    super(clock, MESSAGES);
  }
}
