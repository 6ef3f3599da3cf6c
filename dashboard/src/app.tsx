import { Suspense, useEffect, useMemo, useState } from 'react';
import { Redirect, Route, Switch } from 'wouter';
import { SiteId } from '#protocol/ids.ts';
import { Button } from './components/button.tsx';
import { EmptyNote } from './components/empty-note.tsx';
import { ErrorBoundary } from './components/error-boundary.tsx';
import { ErrorNote } from './components/error-note.tsx';
import { lazyPart } from './components/lazy-part.ts';
import { PageBoundary } from './components/page-boundary.tsx';
import { PageNote } from './components/page-note.tsx';
import { PartFallback } from './components/part-fallback.tsx';
import { SignedInContext, useServices } from './components/services.ts';
import { useReadable } from './components/use-readable.ts';
import type { AccountState } from './state/account-session.ts';
import type { SiteSession } from './state/site-session.ts';
import { BoardView } from './views/board-view.tsx';
import { AllowedPage } from './views/allowed-page.tsx';
import { Shell } from './views/shell.tsx';

const WelcomeView = lazyPart(async () => (await import('./views/welcome-view.tsx')).WelcomeView);
const UnitView = lazyPart(async () => (await import('./views/unit-view.tsx')).UnitView);
const BaseView = lazyPart(async () => (await import('./views/base-view.tsx')).BaseView);
const CommandView = lazyPart(async () => (await import('./views/command-view.tsx')).CommandView);
const AddView = lazyPart(async () => (await import('./views/add-view.tsx')).AddView);
const AddBaseView = lazyPart(async () => (await import('./views/add-base-view.tsx')).AddBaseView);
const AddUnitView = lazyPart(async () => (await import('./views/add-unit-view.tsx')).AddUnitView);
const ActivityView = lazyPart(async () => (await import('./views/activity-view.tsx')).ActivityView);
const FirmwareView = lazyPart(async () => (await import('./views/firmware-view.tsx')).FirmwareView);
const DevicesView = lazyPart(async () => (await import('./views/devices-view.tsx')).DevicesView);
const WebhooksView = lazyPart(async () => (await import('./views/webhooks-view.tsx')).WebhooksView);
const OneWebhookView = lazyPart(
  async () => (await import('./views/webhook-view.tsx')).OneWebhookView,
);
const TopicsView = lazyPart(async () => (await import('./views/topics-view.tsx')).TopicsView);
const DeviceUnitView = lazyPart(
  async () => (await import('./views/device-unit-view.tsx')).DeviceUnitView,
);
const ConnectView = lazyPart(async () => (await import('./views/connect-view.tsx')).ConnectView);
const SettingsView = lazyPart(async () => (await import('./views/settings-view.tsx')).SettingsView);

/** The dashboard, and the fallback when even its frame fails to render. */
export function App() {
  return (
    <ErrorBoundary
      resetKey="app"
      fallback={() => (
        <main className="app-alone">
          <EmptyNote
            isPage
            title="The dashboard cannot be shown"
            text="Your hub and your units keep running."
          >
            <Button onClick={() => window.location.reload()}>Reload</Button>
          </EmptyNote>
        </main>
      )}
    >
      <ForAccount />
    </ErrorBoundary>
  );
}

/** What is shown depends on who is signed in. */
function ForAccount() {
  const { account } = useServices();
  const state = useReadable(account.state);
  switch (state.kind) {
    case 'loading':
      return null;
    case 'unreachable':
      return (
        <main className="app-alone">
          <ErrorNote code={state.code} lead="The dashboard could not be loaded.">
            <Button variant="default" onClick={() => void account.load()}>
              Try again
            </Button>
          </ErrorNote>
        </main>
      );
    case 'signed-out':
      return (
        <Suspense>
          <WelcomeView state={state} />
        </Suspense>
      );
    case 'signed-in':
      return <Inside state={state} />;
    default:
      return state satisfies never;
  }
}

const SITE_KEY = 'signalbox-site';

/** Everything behind the sign-in: opens the site that was looked at last. */
function Inside({ state }: { readonly state: Extract<AccountState, { kind: 'signed-in' }> }) {
  const { account, openSite } = useServices();
  const { user, sites } = state;
  const [chosen, setChosen] = useState(() => SiteId.safeParse(localStorage.getItem(SITE_KEY)).data);
  const siteId = sites.find((site) => site.id === chosen)?.id ?? sites[0]?.id;
  const [site, setSite] = useState<SiteSession>();
  useEffect(() => {
    if (!siteId) return;
    const opened = openSite(siteId, user.name);
    opened.start();
    setSite(opened);
    const reconnect = () => opened.channel.reconnectNow();
    // Stopped for good: signed out elsewhere, or no longer a member. The hub knows which.
    const unsubscribe = opened.channel.status.subscribe(() => {
      if (opened.channel.status.get().kind === 'stopped') void account.load();
    });
    const seen = () => {
      if (document.visibilityState === 'visible') reconnect();
    };
    window.addEventListener('online', reconnect);
    document.addEventListener('visibilitychange', seen);
    return () => {
      window.removeEventListener('online', reconnect);
      document.removeEventListener('visibilitychange', seen);
      unsubscribe();
      opened.close();
    };
  }, [account, openSite, siteId, user.name]);
  const signedIn = useMemo(
    () =>
      site && {
        user,
        site,
        showSite: (id: SiteId) => {
          localStorage.setItem(SITE_KEY, id);
          setChosen(id);
        },
      },
    [user, site],
  );
  if (!siteId) return <NoSite />;
  if (!signedIn) return null;
  return (
    <SignedInContext value={signedIn}>
      <Shell sites={sites}>
        <PageBoundary>
          <Suspense fallback={<PartFallback />}>
            {/* What was typed or shown for one site says nothing of another. */}
            <Views key={signedIn.site.siteId} />
          </Suspense>
        </PageBoundary>
      </Shell>
    </SignedInContext>
  );
}

function Views() {
  return (
    <Switch>
      <Route path="/">
        <BoardView />
      </Route>
      <Route path="/units/:unitId">{({ unitId }) => <UnitView unitId={unitId} />}</Route>
      <Route path="/bases/:baseId">{({ baseId }) => <BaseView baseId={baseId} />}</Route>
      <Route path="/commands/:commandId">
        {({ commandId }) => <CommandView commandId={commandId} />}
      </Route>
      <Route path="/add">
        <AllowedPage to={['unit.place', 'base.manage']}>
          <AddView />
        </AllowedPage>
      </Route>
      <Route path="/add/base">
        <AllowedPage to={['base.manage']}>
          <AddBaseView />
        </AllowedPage>
      </Route>
      <Route path="/add/unit">
        <AllowedPage to={['unit.place']}>
          <AddUnitView />
        </AllowedPage>
      </Route>
      <Route path="/activity">
        <ActivityView />
      </Route>
      <Route path="/firmware">
        <FirmwareView />
      </Route>
      <Route path="/devices">
        <DevicesView />
      </Route>
      <Route path="/devices/:deviceId">
        {({ deviceId }) => <DeviceUnitView deviceId={deviceId} />}
      </Route>
      <Route path="/webhooks">
        <AllowedPage to={['webhook.manage']}>
          <WebhooksView />
        </AllowedPage>
      </Route>
      <Route path="/webhooks/:webhookId">
        {({ webhookId }) => (
          <AllowedPage to={['webhook.manage']}>
            <OneWebhookView key={webhookId} webhookId={webhookId} />
          </AllowedPage>
        )}
      </Route>
      <Route path="/topics">
        <TopicsView />
      </Route>
      <Route path="/connect">
        <ConnectView />
      </Route>
      <Route path="/settings">
        <SettingsView />
      </Route>
      <Route path="/welcome">
        <Redirect to="/" replace />
      </Route>
      <Route>
        <PageNote title="There is nothing here" text="The address may be outdated or mistyped." />
      </Route>
    </Switch>
  );
}

function NoSite() {
  const { account, accountApi } = useServices();
  const create = async () => {
    await accountApi.createSite('Home');
    await account.reloadSites();
  };
  return (
    <main className="app-alone">
      <EmptyNote
        isPage
        title="You are not a member of any site"
        text="Ask someone to invite you to theirs, or create your own."
      >
        <Button onClick={() => void create()}>Create site</Button>
      </EmptyNote>
    </main>
  );
}
