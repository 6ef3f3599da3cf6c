import { sendTime } from './exchange-hello.ts';
import { type FramedUnit, Subscriber, type SubscriberDeps } from './subscriber.ts';

const SEND_TIME_EVERY_MS = 3_600_000;

/**
 * Subscribes to the observable properties of a unit and sends it the time every hour.
 *
 * @returns stops it; call it when the connection is gone.
 */
export function startSubscriptions(unit: FramedUnit, deps: SubscriberDeps): () => void {
  const subscriber = new Subscriber(deps);
  subscriber.start(unit);
  const sendLater = () =>
    deps.clock.after(SEND_TIME_EVERY_MS, () => {
      sendTime(unit.link, deps.clock);
      cancel = sendLater();
    });
  let cancel = sendLater();
  return () => {
    subscriber.stop();
    cancel();
  };
}
