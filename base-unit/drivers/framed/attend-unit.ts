import { tellTime } from './greet-unit.ts';
import { type FramedUnit, Subscriber, type SubscriberDeps } from './subscriber.ts';

const TELL_TIME_EVERY_MS = 3_600_000;

/**
 * Subscribes to what a unit reports, and tells it the time now and then.
 *
 * @returns what ends it, to be called when the connection is gone.
 */
export function attendUnit(unit: FramedUnit, deps: SubscriberDeps): () => void {
  const subscriber = new Subscriber(deps);
  subscriber.start(unit);
  const tellLater = () =>
    deps.clock.after(TELL_TIME_EVERY_MS, () => {
      tellTime(unit.link, deps.clock);
      cancel = tellLater();
    });
  let cancel = tellLater();
  return () => {
    subscriber.stop();
    cancel();
  };
}
