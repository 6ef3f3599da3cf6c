import { useEffect, useState } from 'react';
import type { WebhookApi } from '#client/webhook-api.ts';
import { asAppError } from '#client/http-client.ts';
import type { ErrorCode } from '#protocol/errors.ts';
import type { AttemptView, DeliveryDetail, DeliveryView } from '#protocol/http/webhooks.ts';
import { fromInstant } from '#protocol/json.ts';
import { Button } from '../../components/button.tsx';
import { ErrorNote } from '../../components/error-note.tsx';
import { HubAge } from '../../components/hub-age.tsx';
import { Signal } from '../../components/signal.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { absoluteText } from '../../format/time-text.ts';
import { answerText, DELIVERY_WORDS } from './webhook-texts.ts';

interface DeliveryRowProps {
  readonly delivery: DeliveryView;
  readonly api: WebhookApi;
  readonly isEnabled: boolean;
  readonly change: (action: () => Promise<unknown>) => void;
}

/** What was sent, what became of it, and what can be done. */
export function DeliveryRow({ delivery, api, isEnabled, change }: DeliveryRowProps) {
  const [isOpen, setIsOpen] = useState(false);
  const { id, type, state, createdAt, attempts, nextAttemptAt, endedAt } = delivery;
  const answer = answerText(delivery);
  const isWaiting = state === 'pending' || state === 'retrying';
  return (
    <li className="delivery">
      <div className="settings-row">
        <span className="stack-tight">
          <strong>{type}</strong>
          <span className="soft small">
            <HubAge atMs={fromInstant(createdAt)} />
            {attempts === 0 ? '' : ` · ${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}`}
            {answer === '' ? '' : ` · ${answer}`}
          </span>
          {nextAttemptAt === null || attempts === 0 ? null : (
            <span className="soft small">
              next attempt at {absoluteText(fromInstant(nextAttemptAt))}
            </span>
          )}
        </span>
        <span className="row-wrap">
          <Signal {...DELIVERY_WORDS[state]} />
          {endedAt !== null && isEnabled ? (
            <Button
              variant="default"
              aria-label={`Resend ${type}`}
              onClick={() => change(() => api.resend(id))}
            >
              Resend
            </Button>
          ) : null}
          {isWaiting ? (
            <Button
              variant="default"
              aria-label={`Cancel ${type}`}
              onClick={() => change(() => api.cancel(id))}
            >
              Cancel
            </Button>
          ) : null}
          <Button
            variant="subtle"
            aria-expanded={isOpen}
            aria-label={`Details of ${type}`}
            onClick={() => setIsOpen(!isOpen)}
          >
            {isOpen ? 'Close' : 'Details'}
          </Button>
        </span>
      </div>
      {isOpen ? <DeliveryMore key={`${state} ${attempts}`} id={id} api={api} /> : null}
    </li>
  );
}

function DeliveryMore({ id, api }: { readonly id: DeliveryView['id']; readonly api: WebhookApi }) {
  const [detail, setDetail] = useState<DeliveryDetail>();
  const [code, setCode] = useState<ErrorCode>();
  useEffect(() => {
    const stop = new AbortController();
    api.delivery(id, stop.signal).then(setDetail, (error: unknown) => {
      if (!stop.signal.aborted) setCode(asAppError(error).code);
    });
    return () => stop.abort();
  }, [api, id]);
  return (
    <div className="delivery-more stack">
      {code === undefined ? null : <ErrorNote code={code} />}
      {detail === undefined && code === undefined ? <Skeleton height="6rem" /> : null}
      {detail === undefined ? null : (
        <>
          <div className="stack-tight">
            <h3>Message</h3>
            <p className="soft small webhook-url">webhook-id: {detail.delivery.messageId}</p>
            <pre className="delivery-text" tabIndex={0}>
              {indented(detail.body)}
            </pre>
          </div>
          <div className="stack-tight">
            <h3>Attempts</h3>
            {detail.attempts.length === 0 ? <p className="soft small">None yet.</p> : null}
            <ol className="plain-list">
              {detail.attempts.map((attempt) => (
                <Attempt key={`${attempt.at} ${attempt.durationMs}`} attempt={attempt} />
              ))}
            </ol>
          </div>
        </>
      )}
    </div>
  );
}

function Attempt({ attempt }: { readonly attempt: AttemptView }) {
  const { at, durationMs, code, answer, isCut } = attempt;
  return (
    <li className="stack-tight">
      <span className="row-wrap spread">
        <span className="small">
          {absoluteText(fromInstant(at))}, {durationMs} ms
        </span>
        <Signal tone={code === null ? 'proven' : 'lost'} word={answerText(attempt)} />
      </span>
      {answer === '' ? null : (
        <pre className="delivery-text" tabIndex={0}>
          {answer}
          {isCut ? ' …' : ''}
        </pre>
      )}
    </li>
  );
}

function indented(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
