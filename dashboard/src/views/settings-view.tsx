import { useEffect } from 'react';
import { Link } from 'wouter';
import { Button } from '../components/button.tsx';
import { useServices, useSignedIn } from '../components/services.ts';
import { SingleKeysSwitch } from '../components/single-keys-switch.tsx';
import { useAction } from '../components/use-action.ts';
import { useMay } from '../components/use-may.ts';
import { useReadable } from '../components/use-readable.ts';
import { ErrorNote } from '../components/error-note.tsx';
import { BaseSettings } from './settings/base-settings.tsx';
import { HubCertificate } from './settings/hub-certificate.tsx';
import { MemberSettings } from './settings/member-settings.tsx';
import { PasswordSettings } from './settings/password-settings.tsx';
import { RetentionSettings } from './settings/retention-settings.tsx';
import { SecurityActivity } from './settings/security-activity.tsx';
import { SessionSettings } from './settings/session-settings.tsx';
import { SiteSettings } from './settings/site-settings.tsx';
import { TokenSettings } from './settings/token-settings.tsx';
import './settings-view.css';

const SCHEMES = [
  { value: 'auto', label: 'System' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
] as const;

/** The account, the site, and who may do what. */
export function SettingsView() {
  useEffect(() => {
    document.title = 'Settings · Signalbox';
    // A link may lead to one of the sections, which the browser looked for too early.
    document.getElementById(window.location.hash.slice(1))?.scrollIntoView();
  }, []);
  return (
    <div className="view view-narrow">
      <h1>Settings</h1>
      <Account />
      <Appearance />
      <SiteSettings />
      <RetentionSettings />
      <BaseSettings />
      <Devices />
      <Webhooks />
      <Firmware />
      <MemberSettings />
      <PasswordSettings />
      <SessionSettings />
      <TokenSettings />
      <SecurityActivity />
      <HubCertificate />
    </div>
  );
}

function Account() {
  const { account } = useServices();
  const { user } = useSignedIn();
  const { busy, code, run } = useAction();
  return (
    <section className="panel stack" aria-labelledby="settings-account">
      <div className="row spread">
        <div className="stack-tight">
          <h2 id="settings-account">{user.name}</h2>
          <p className="soft small">{user.email}</p>
        </div>
        <Button variant="default" loading={busy} onClick={() => run(() => account.signOut())}>
          Sign out
        </Button>
      </div>
      {code === undefined ? null : <ErrorNote code={code} />}
    </section>
  );
}

function Devices() {
  return (
    <section className="panel row spread" aria-labelledby="settings-devices">
      <div className="stack-tight">
        <h2 id="settings-devices">Devices</h2>
        <p className="soft small">What connects by MQTT: ESPHome, Tasmota, an Arduino, a script.</p>
      </div>
      <Link href="/devices" className="touch">
        Open devices
      </Link>
    </section>
  );
}

function Webhooks() {
  if (!useMay('webhook.manage')) return null;
  return (
    <section className="panel row spread" aria-labelledby="settings-webhooks">
      <div className="stack-tight">
        <h2 id="settings-webhooks">Webhooks</h2>
        <p className="soft small">Addresses of yours that get what happens here.</p>
      </div>
      <Link href="/webhooks" className="touch">
        Open webhooks
      </Link>
    </section>
  );
}

function Firmware() {
  return (
    <section className="panel row spread" aria-labelledby="settings-firmware">
      <div className="stack-tight">
        <h2 id="settings-firmware">Firmware</h2>
        <p className="soft small">Signed images, and their rollouts to units.</p>
      </div>
      <Link href="/firmware" className="touch">
        Open firmware
      </Link>
    </section>
  );
}

function Appearance() {
  const { colorScheme } = useServices();
  const choice = useReadable(colorScheme.choice);
  return (
    <section className="panel stack" aria-labelledby="settings-appearance">
      <h2 id="settings-appearance">Appearance and keys</h2>
      <div className="segments" role="group" aria-label="Theme">
        {SCHEMES.map(({ value, label }) => (
          <button
            key={value}
            type="button"
            aria-pressed={choice === value}
            onClick={() => colorScheme.choose(value)}
          >
            {label}
          </button>
        ))}
      </div>
      <div className="stack-tight">
        <SingleKeysSwitch />
        <p className="soft small">
          / finds a unit, b, a, s and u open a page, ? lists the keys. Turn them off if speech input
          or a tremor triggers them by accident.
        </p>
      </div>
    </section>
  );
}
