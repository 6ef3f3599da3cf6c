import { type SubmitEvent, Suspense, useEffect, useState } from 'react';
import { lazyPart } from '../components/lazy-part.ts';
import { useLocation } from 'wouter';
import type { ClaimCodeCreated, ClaimCodeStatus } from '#protocol/http/bases.ts';
import { LIMITS } from '#protocol/limits.ts';
import { BackLink } from '../components/back-link.tsx';
import { Button } from '../components/button.tsx';
import { CommandLine } from '../components/command-line.tsx';
import { CopyButton } from '../components/copy-button.tsx';
import { ErrorNote } from '../components/error-note.tsx';
import { useServices, useSite } from '../components/services.ts';
import { TextField } from '../components/text-field.tsx';
import { WhereCommandsRun } from '../components/where-commands-run.tsx';
import { Signal } from '../components/signal.tsx';
import { useAction } from '../components/use-action.ts';
import { useReadable } from '../components/use-readable.ts';
import { fromInstant } from '#protocol/json.ts';
import { pairingUrls } from '../format/pairing-urls.ts';
import { countdownText } from '../format/time-text.ts';
import { useClaim } from './use-claim.ts';
import './add-base-view.css';

const QrCode = lazyPart(async () => (await import('../components/qr-code.tsx')).QrCode);

/** Pairing a base: its name, then its claim code, then the moment it appears. */
export function AddBaseView() {
  const [claim, setClaim] = useState<ClaimCodeCreated>();
  useEffect(() => {
    document.title = 'Add a base · Signalbox';
  }, []);
  return (
    <div className="view view-narrow">
      <BackLink href="/add">Add</BackLink>
      {claim ? (
        <Pairing claim={claim} onRetry={() => setClaim(undefined)} />
      ) : (
        <Naming onCreated={setClaim} />
      )}
    </div>
  );
}

function Naming({ onCreated }: { readonly onCreated: (claim: ClaimCodeCreated) => void }) {
  const { siteApi } = useServices();
  const { siteId } = useSite();
  const { busy, code, run } = useAction();
  const [name, setName] = useState('');
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    run(async () => onCreated(await siteApi.createClaimCode(siteId, name.trim())));
  };
  return (
    <form className="stack" onSubmit={submit}>
      <h1>Name the base</h1>
      <p className="soft">Name it after its location: “Cellar”, “Workshop Pi”.</p>
      <TextField
        label="Name of the base"
        autoFocus
        required
        maxLength={LIMITS.nameChars}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      {code === undefined ? null : <ErrorNote code={code} />}
      <Button type="submit" size="md" loading={busy} disabled={name.trim() === ''}>
        Get a claim code
      </Button>
    </form>
  );
}

interface PairingProps {
  readonly claim: ClaimCodeCreated;
  readonly onRetry: () => void;
}

function Pairing({ claim, onRetry }: PairingProps) {
  const status = useClaim(claim.id);
  if (!status) return <Waiting claim={claim} />;
  switch (status.state) {
    case 'claimed':
      return <Paired baseId={status.baseId} />;
    case 'expired':
      return (
        <div className="stack">
          <h1>The claim code has expired</h1>
          <p className="soft">No base used it in time.</p>
          <Button size="md" onClick={onRetry}>
            Get a new one
          </Button>
        </div>
      );
    case 'waiting':
      return <Waiting claim={claim} />;
    default:
      return status.state satisfies never;
  }
}

function Waiting({ claim }: { readonly claim: ClaimCodeCreated }) {
  const { ticker } = useServices();
  const { store } = useSite();
  const offsetMs = useReadable(store.clockOffsetMs);
  const leftMs = fromInstant(claim.expiresAt) - offsetMs - useReadable(ticker);
  const [hubUrl, ...otherUrls] = pairingUrls(claim.hubUrls, window.location.origin);
  const command = `signalbox base pair ${hubUrl} ${claim.code}`;
  return (
    <div className="stack">
      <h1>Pair the base with this code</h1>
      <div className="claim-code" aria-label={`Claim code ${claim.code}`}>
        {claim.code.split('-').map((group, index) => (
          <span key={index}>{group}</span>
        ))}
      </div>
      <div className="row-wrap">
        <CopyButton text={claim.code} label="Copy the code" />
        <span className="soft small number" role="timer">
          expires in {countdownText(leftMs)}, single use
        </span>
      </div>
      <section className="panel stack" aria-label="On the base">
        <h2>In a terminal on the base</h2>
        <CommandLine text={command} />
        {otherUrls.length > 0 ? (
          <p className="soft small">
            Use the address by which the base reaches the hub. The hub also has{' '}
            {otherUrls.join(', ')}.
          </p>
        ) : null}
        <WhereCommandsRun />
        <p className="soft small">
          The code lets the base recognise this hub. A browser that warns about the hub needs its{' '}
          <a href="/api/ca.pem" download="signalbox-ca.pem">
            CA certificate
          </a>
          .
        </p>
      </section>
      <section className="panel claim-qr" aria-label="Or scan the QR code">
        <Suspense fallback={<div className="qr" />}>
          <QrCode text={`${hubUrl} ${claim.code}`} label="The address of the hub and the code" />
        </Suspense>
        <div className="stack-tight">
          <h2>Or scan the QR code</h2>
          <p className="soft small">
            The QR code holds the address of the hub and the code. Anyone who has it can pair a base
            with this site: do not share it.
          </p>
        </div>
      </section>
      <div role="status" className="claim-waiting">
        <Signal tone="waiting" word="Waiting for the base" />
      </div>
      <details className="small claim-help">
        <summary>The base does not appear</summary>
        <ul>
          <li>
            Can the base reach the hub? On the base, <code>curl -k {hubUrl}/healthz</code> must
            answer.
          </li>
          <li>
            “malformed”: a letter of the code is wrong. The code has a check digit, so nothing was
            sent.
          </li>
          <li>
            “does not contain the name”: start the hub with <code>--tls-names</code> and the name
            that the base uses.
          </li>
          <li>
            “not the one that created the claim code”: something else answers at this address.
          </li>
        </ul>
      </details>
    </div>
  );
}

function Paired({ baseId }: { readonly baseId: ClaimCodeStatus['baseId'] }) {
  const { store } = useSite();
  const bases = useReadable(store.bases.all);
  const [, navigate] = useLocation();
  const base = bases.find(({ id }) => id === baseId);
  const online = base?.presence.state === 'online';
  return (
    <div className="stack" role="status">
      <h1>{base?.name ?? 'The base'} is paired</h1>
      <Signal
        tone={online ? 'proven' : 'waiting'}
        word={online ? 'Online' : 'Waiting for it to come online'}
      />
      {online ? null : (
        <p className="soft">
          Start it with <code>signalbox base run</code>, if it is not running already.
        </p>
      )}
      <Button size="md" onClick={() => navigate('/add/unit')}>
        Add its first unit
      </Button>
    </div>
  );
}
