import { useCallback, useEffect, useMemo, useState } from 'react';
import { useLocation } from 'wouter';
import { createWebhookApi, type WebhookApi } from '#client/webhook-api.ts';
import type { DeliveryView, WebhookSecret, WebhookView } from '#protocol/http/webhooks.ts';
import { WebhookId } from '#protocol/ids.ts';
import { fromInstant, toInstant } from '#protocol/json.ts';
import { DeliveryState } from '#protocol/webhook/webhook-state.ts';
import { BackLink } from '../components/back-link.tsx';
import { Button } from '../components/button.tsx';
import { ErrorNote } from '../components/error-note.tsx';
import { HubAge } from '../components/hub-age.tsx';
import { PageNote } from '../components/page-note.tsx';
import { RemoveButton } from '../components/remove-button.tsx';
import { SelectField } from '../components/select-field.tsx';
import { useServices } from '../components/services.ts';
import { Signal } from '../components/signal.tsx';
import { Skeleton } from '../components/skeleton.tsx';
import { useAction } from '../components/use-action.ts';
import { useList } from './settings/use-list.ts';
import { StatusLine } from './status-line.tsx';
import { DeliveryRow } from './webhooks/delivery-row.tsx';
import { SecretPanel } from './webhooks/webhook-secret.tsx';
import { DELIVERY_WORDS, eventsText, webhookSignal } from './webhooks/webhook-texts.ts';
import './settings-view.css';
import './webhooks-view.css';

/** How soon it is seen what became of a message. */
const LOOK_EVERY_MS = 3_000;
const PAGE = 50;
const REPLAY_SPANS = [
  { value: '3600000', label: 'the last hour' },
  { value: '86400000', label: 'the last 24 hours' },
  { value: '604800000', label: 'the last 7 days' },
];

interface Shown {
  readonly webhook: WebhookView;
  readonly deliveries: readonly DeliveryView[];
}

/** One webhook: what was sent to it and what was answered. */
export function OneWebhookView({ webhookId }: { readonly webhookId: string }) {
  const id = WebhookId.safeParse(webhookId).data;
  if (id === undefined) {
    return (
      <PageNote title="There is nothing here" text="The address may be outdated or mistyped." />
    );
  }
  return <KnownWebhook id={id} />;
}

function KnownWebhook({ id }: { readonly id: WebhookId }) {
  const { http, clock } = useServices();
  const [, navigate] = useLocation();
  const api = useMemo(() => createWebhookApi(http), [http]);
  const [state, setState] = useState<DeliveryState>();
  const [made, setMade] = useState<WebhookSecret>();
  const fetchShown = useCallback(async (): Promise<Shown[]> => {
    const [webhook, { deliveries }] = await Promise.all([
      api.one(id),
      api.deliveries(id, { state, limit: PAGE }),
    ]);
    return [{ webhook, deliveries }];
  }, [api, id, state]);
  const { rows, busy, code, change } = useList(fetchShown);
  const shown = rows?.[0];
  const reload = useCallback(() => change(() => Promise.resolve()), [change]);
  useEffect(() => {
    document.title = `${shown?.webhook.name ?? 'Webhook'} · Signalbox`;
  }, [shown?.webhook.name]);
  useEffect(() => clock.after(LOOK_EVERY_MS, reload), [clock, reload, rows]);
  const removal = useAction();
  const remove = () =>
    removal.run(async () => {
      await api.remove(id);
      navigate('/webhooks');
    });
  return (
    <div className="view view-narrow">
      <div className="row-wrap spread">
        <BackLink href="/webhooks">Webhooks</BackLink>
        <StatusLine />
      </div>
      <h1>{shown?.webhook.name ?? 'Webhook'}</h1>
      {made ? <SecretPanel made={made} onDone={() => setMade(undefined)} /> : null}
      {shown === undefined && code === undefined ? <Skeleton height="12rem" /> : null}
      {code === undefined ? null : (
        <ErrorNote code={code}>
          <Button variant="default" loading={busy} onClick={reload}>
            Try again
          </Button>
        </ErrorNote>
      )}
      {removal.code === undefined ? null : <ErrorNote code={removal.code} />}
      {shown === undefined ? null : (
        <>
          <Facts webhook={shown.webhook} {...{ api, change, setMade, remove }} />
          <section className="panel stack" aria-labelledby="webhook-log">
            <div className="row-wrap spread">
              <h2 id="webhook-log">Log</h2>
              <SelectField
                label="Show"
                options={[
                  { value: '', label: 'Everything' },
                  ...DeliveryState.options.map((value) => ({
                    value,
                    label: DELIVERY_WORDS[value].word,
                  })),
                ]}
                value={state ?? ''}
                onChange={(event) =>
                  setState(DeliveryState.safeParse(event.currentTarget.value).data)
                }
              />
            </div>
            {shown.deliveries.length === 0 ? (
              <p className="soft">
                {state === undefined
                  ? 'Nothing was sent yet. Send a test message, or wait for an event.'
                  : 'There is nothing of this kind.'}
              </p>
            ) : (
              <ul className="plain-list">
                {shown.deliveries.map((delivery) => (
                  <DeliveryRow
                    key={delivery.id}
                    isEnabled={shown.webhook.state === 'enabled'}
                    {...{ delivery, api, change }}
                  />
                ))}
              </ul>
            )}
            {shown.deliveries.length === PAGE ? (
              <p className="soft small">The newest {PAGE}. signalbox webhook log shows more.</p>
            ) : null}
          </section>
          {shown.webhook.state === 'enabled' ? <Replay id={id} api={api} change={change} /> : null}
        </>
      )}
    </div>
  );
}

interface FactsProps {
  readonly webhook: WebhookView;
  readonly api: WebhookApi;
  readonly change: (action: () => Promise<unknown>) => void;
  readonly setMade: (made: WebhookSecret) => void;
  readonly remove: () => void;
}

function Facts({ webhook, api, change, setMade, remove }: FactsProps) {
  const { id, name, url, state, lastDeliveredAt, waiting, oldSecretUntil, failingSince } = webhook;
  const isEnabled = state === 'enabled';
  return (
    <section className="panel stack" aria-labelledby="webhook-facts">
      <div className="row-wrap spread">
        <h2 id="webhook-facts">Endpoint</h2>
        <Signal {...webhookSignal(webhook)} />
      </div>
      <p className="webhook-url">{url}</p>
      <p className="soft small">
        Gets {eventsText(webhook)}.{' '}
        {lastDeliveredAt === null ? (
          'Nothing was delivered yet.'
        ) : (
          <HubAge atMs={fromInstant(lastDeliveredAt)} prefix="Last delivered" />
        )}
        {waiting === 0 ? '' : ` · ${waiting} waiting`}
        {failingSince === null ? null : (
          <>
            {' · '}
            <HubAge atMs={fromInstant(failingSince)} prefix="failing since" />
          </>
        )}
        {oldSecretUntil === null ? '' : ' · the secret before the last rotation signs as well'}
      </p>
      <div className="row-wrap">
        <Button disabled={!isEnabled} onClick={() => change(() => api.test(id))}>
          Send test message
        </Button>
        <Button variant="default" onClick={() => change(async () => setMade(await api.rotate(id)))}>
          Rotate secret
        </Button>
        <Button
          variant="default"
          onClick={() =>
            change(() => api.change(id, { state: isEnabled ? 'disabled' : 'enabled' }))
          }
        >
          {isEnabled ? 'Disable' : 'Enable'}
        </Button>
        <RemoveButton label="Remove…" question={`Remove ${name}`} onConfirm={remove} />
      </div>
    </section>
  );
}

function Replay({
  id,
  api,
  change,
}: {
  readonly id: WebhookId;
  readonly api: WebhookApi;
  readonly change: FactsProps['change'];
}) {
  const [span, setSpan] = useState('86400000');
  const [said, setSaid] = useState('');
  const replay = (which: 'undelivered' | 'all') =>
    change(async () => {
      const since = toInstant(Date.now() - Number(span));
      const { count, isMore } = await api.replay(id, { since, which });
      const what = `${count} ${count === 1 ? 'message is' : 'messages are'} sent again`;
      setSaid(isMore ? `${what}, and there are more.` : `${what}.`);
    });
  return (
    <section className="panel stack" aria-labelledby="webhook-replay">
      <h2 id="webhook-replay">Replay</h2>
      <p className="soft small">
        Sends again what is kept, with the same webhook-id: your software recognises what it has.
      </p>
      <SelectField
        label="Of"
        options={REPLAY_SPANS}
        value={span}
        onChange={(event) => setSpan(event.currentTarget.value)}
      />
      <div className="row-wrap">
        <Button variant="default" onClick={() => replay('undelivered')}>
          What was not delivered
        </Button>
        <Button variant="default" onClick={() => replay('all')}>
          Everything
        </Button>
      </div>
      <p role="status" className="small">
        {said}
      </p>
    </section>
  );
}
