import { useCallback, useEffect, useMemo, useState } from 'react';
import { Link } from 'wouter';
import { createWebhookApi } from '#client/webhook-api.ts';
import type { WebhookSecret, WebhookView } from '#protocol/http/webhooks.ts';
import { fromInstant } from '#protocol/json.ts';
import { BackLink } from '../components/back-link.tsx';
import { Button } from '../components/button.tsx';
import { EmptyNote } from '../components/empty-note.tsx';
import { ErrorNote } from '../components/error-note.tsx';
import { HubAge } from '../components/hub-age.tsx';
import { useServices, useSite } from '../components/services.ts';
import { Signal } from '../components/signal.tsx';
import { Skeleton } from '../components/skeleton.tsx';
import { useList } from './settings/use-list.ts';
import { StatusLine } from './status-line.tsx';
import { WebhookAdd } from './webhooks/webhook-add.tsx';
import { SecretPanel } from './webhooks/webhook-secret.tsx';
import { eventsText, webhookSignal } from './webhooks/webhook-texts.ts';
import './settings-view.css';
import './webhooks-view.css';

/** Addresses that the events of the site are sent to. */
export function WebhooksView() {
  const { http } = useServices();
  const { siteId } = useSite();
  const api = useMemo(() => createWebhookApi(http), [http]);
  const fetchAll = useCallback(async () => (await api.list(siteId)).webhooks, [api, siteId]);
  const { rows: webhooks, busy, code, change } = useList(fetchAll);
  const [made, setMade] = useState<WebhookSecret>();
  const reload = useCallback(() => change(() => Promise.resolve()), [change]);
  useEffect(() => {
    document.title = 'Webhooks · Signalbox';
  }, []);
  return (
    <div className="view view-narrow">
      <div className="row-wrap spread">
        <BackLink href="/settings">Settings</BackLink>
        <StatusLine />
      </div>
      <h1>Webhooks</h1>
      {made ? <SecretPanel made={made} onDone={() => setMade(undefined)} /> : null}
      <section className="panel stack" aria-labelledby="webhooks-list">
        <h2 id="webhooks-list">Sent to your software</h2>
        {webhooks === undefined && code === undefined ? <Skeleton height="3.25rem" /> : null}
        {webhooks?.length === 0 ? (
          <EmptyNote
            title="No webhooks yet"
            text="Add an address of yours, and the hub sends it what happens here: commands, values, units that come and go."
          />
        ) : null}
        {webhooks === undefined || webhooks.length === 0 ? null : (
          <ul className="plain-list">
            {webhooks.map((webhook) => (
              <WebhookRow key={webhook.id} webhook={webhook} />
            ))}
          </ul>
        )}
        {code === undefined ? null : (
          <ErrorNote code={code}>
            <Button variant="default" loading={busy} onClick={reload}>
              Try again
            </Button>
          </ErrorNote>
        )}
      </section>
      <WebhookAdd
        api={api}
        onMade={(secret) => {
          setMade(secret);
          reload();
        }}
      />
    </div>
  );
}

function WebhookRow({ webhook }: { readonly webhook: WebhookView }) {
  const { id, name, url, lastDeliveredAt, waiting } = webhook;
  return (
    <li className="settings-row">
      <span className="stack-tight">
        <Link href={`/webhooks/${id}`} className="touch">
          <strong>{name}</strong>
        </Link>
        <span className="soft small webhook-url">{url}</span>
        <span className="soft small">
          {eventsText(webhook)} ·{' '}
          {lastDeliveredAt === null ? (
            'nothing delivered yet'
          ) : (
            <HubAge atMs={fromInstant(lastDeliveredAt)} prefix="last delivered" />
          )}
          {waiting === 0 ? '' : ` · ${waiting} waiting`}
        </span>
      </span>
      <Signal {...webhookSignal(webhook)} />
    </li>
  );
}
