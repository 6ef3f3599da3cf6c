import type { DeliveryView, WebhookView } from '#protocol/http/webhooks.ts';
import type { DeliveryCode, DeliveryState } from '#protocol/webhook/webhook-state.ts';
import type { SignalTone } from '../../state/presence-view.ts';

interface Signalled {
  readonly tone: SignalTone;
  readonly word: string;
}

export const DELIVERY_WORDS: Readonly<Record<DeliveryState, Signalled>> = {
  pending: { tone: 'waiting', word: 'Waiting' },
  in_flight: { tone: 'waiting', word: 'Being sent' },
  retrying: { tone: 'waiting', word: 'Waiting to retry' },
  delivered: { tone: 'proven', word: 'Delivered' },
  exhausted: { tone: 'lost', word: 'Not delivered' },
  skipped: { tone: 'unknown', word: 'Skipped' },
  cancelled: { tone: 'unknown', word: 'Cancelled' },
};

const WHY: Readonly<Record<DeliveryCode, string>> = {
  answered: 'the endpoint answered with an error',
  redirected: 'the endpoint redirects, which the hub does not follow',
  timed_out: 'no answer in time',
  address_refused: 'the hub does not send to this address',
  name_unknown: 'nobody knows this name',
  connection_failed: 'no connection',
  certificate_invalid: 'the certificate is not valid',
  interrupted: 'the hub stopped during the attempt',
  webhook_disabled: 'the webhook was disabled',
  queue_full: 'too many messages were waiting',
};

/** Why it was not delivered, or the status of the answer. */
export function answerText({ status, code }: Pick<DeliveryView, 'status' | 'code'>): string {
  if (status !== null) return code === 'redirected' ? `${status}: ${WHY[code]}` : `HTTP ${status}`;
  return code === null ? '' : WHY[code];
}

/** How a webhook is. */
export function webhookSignal({ state, reason, failingSince }: WebhookView): Signalled {
  if (state === 'disabled') {
    return reason === null
      ? { tone: 'unknown', word: 'Disabled' }
      : { tone: 'lost', word: reason === 'gone' ? 'Disabled: 410 Gone' : 'Disabled: kept failing' };
  }
  return failingSince === null
    ? { tone: 'proven', word: 'Enabled' }
    : { tone: 'waiting', word: 'Failing' };
}

export function eventsText({ events, isOrdered }: WebhookView): string {
  const what = events.includes('*') ? 'all events' : events.join(', ');
  return isOrdered ? `${what}, in order` : what;
}
