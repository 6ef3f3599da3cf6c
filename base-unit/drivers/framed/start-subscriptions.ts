import { sendTime } from './exchange-hello.ts';
import { type SubscribedSession, Subscriber } from './subscriber.ts';

const SEND_TIME_EVERY_MS = 3_600_000;

/**
 * Subscribes to the observable properties of a unit and sends it the time every hour.
 *
 * @returns stops it; call it when the session is over.
 */
export function startSubscriptions(deps: SubscribedSession): () => void {
  const subscriber = new Subscriber(deps);
  subscriber.start();
  const sendLater = () =>
    deps.clock.after(SEND_TIME_EVERY_MS, () => {
      sendTime(deps.link, deps.clock);
      cancel = sendLater();
    });
  let cancel = sendLater();
  return () => {
    subscriber.stop();
    cancel();
  };
}
