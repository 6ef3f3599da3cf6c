import { type SubmitEvent, useEffect, useState } from 'react';
import type { DeviceLoginView } from '#protocol/http/device-logins.ts';
import { BackLink } from '../components/back-link.tsx';
import { Button } from '../components/button.tsx';
import { ErrorNote } from '../components/error-note.tsx';
import { useServices } from '../components/services.ts';
import { TextField } from '../components/text-field.tsx';
import { useAction } from '../components/use-action.ts';
import { ConnectRequest } from './connect/connect-request.tsx';
import './connect-view.css';
import './settings-view.css';

/**
 * Where a person approves a program without a browser. The code is typed, never part of
 * a link: someone who was sent a link needs the code from elsewhere, and reads what it
 * does.
 */
export function ConnectView() {
  const { accountApi } = useServices();
  const { busy, code, run } = useAction();
  const [typed, setTyped] = useState('');
  const [login, setLogin] = useState<DeviceLoginView>();
  const [done, setDone] = useState<'approved' | 'denied'>();
  useEffect(() => {
    document.title = 'Connect a program · Signalbox';
  }, []);
  const find = (event: SubmitEvent) => {
    event.preventDefault();
    setDone(undefined);
    run(async () => setLogin(await accountApi.findDeviceLogin(typed)));
  };
  const end = (outcome: 'approved' | 'denied') => {
    setDone(outcome);
    setLogin(undefined);
    setTyped('');
  };
  return (
    <div className="view view-narrow">
      <BackLink href="/settings">Settings</BackLink>
      <h1>Connect a program</h1>
      {login ? (
        <ConnectRequest login={login} onEnd={end} />
      ) : (
        <section className="panel stack" aria-labelledby="connect-code">
          <h2 id="connect-code">Code of the program</h2>
          <p className="soft">
            A program such as <code>signalbox login</code> shows a code. Type it here only if you
            just started that program yourself: it will act in your name.
          </p>
          <form className="settings-form" onSubmit={find}>
            <TextField
              label="Code"
              placeholder="e.g. BCDF-GHJK"
              autoComplete="off"
              autoCapitalize="characters"
              spellCheck={false}
              maxLength={20}
              value={typed}
              onChange={(event) => setTyped(event.currentTarget.value)}
            />
            <Button type="submit" size="md" loading={busy} disabled={typed.trim() === ''}>
              Continue
            </Button>
          </form>
          {code === undefined ? null : <ErrorNote code={code} />}
          <p role="status">{done === undefined ? null : OUTCOMES[done]}</p>
        </section>
      )}
      <Fingerprint />
    </div>
  );
}

const OUTCOMES = {
  approved: 'Approved. The program continues; it is now listed under API tokens in Settings.',
  denied: 'Denied. The program gets no access.',
} as const;

/** For a terminal that asks whether this is the right hub. */
function Fingerprint() {
  const { accountApi } = useServices();
  const [fingerprint, setFingerprint] = useState<string>();
  useEffect(() => {
    void accountApi.caFingerprint().then(setFingerprint, () => setFingerprint(undefined));
  }, [accountApi]);
  return (
    <section className="panel stack-tight" aria-labelledby="connect-fingerprint">
      <h2 id="connect-fingerprint">Fingerprint of this hub</h2>
      <code className="connect-code">
        {fingerprint === undefined ? '…' : (fingerprint.match(/.{1,5}/g) ?? []).join('-')}
      </code>
      <p className="soft small">
        A program shows it if it does not trust this hub’s certificate. Both must be the same.
      </p>
    </section>
  );
}
