import { type SubmitEvent, useState } from 'react';
import { Link } from 'wouter';
import type { DeviceApi } from '#client/device-api.ts';
import type { CredentialView, DeviceCredential, DeviceView } from '#protocol/http/devices.ts';
import { fromInstant } from '#protocol/json.ts';
import { LIMITS } from '#protocol/limits.ts';
import { Button } from '../../components/button.tsx';
import { HubAge } from '../../components/hub-age.tsx';
import { RemoveButton } from '../../components/remove-button.tsx';
import { Signal } from '../../components/signal.tsx';
import { TextField } from '../../components/text-field.tsx';
import { absoluteText } from '../../format/time-text.ts';
import type { SignalTone } from '../../state/presence-view.ts';
import { FormSubmit } from '../settings/form-submit.tsx';

interface DeviceRowProps {
  readonly device: DeviceView;
  readonly api: DeviceApi;
  readonly mayManage: boolean;
  readonly change: (action: () => Promise<unknown>) => void;
  readonly onMade: (made: DeviceCredential) => void;
}

const PRESENCE: Readonly<
  Record<DeviceView['presence']['state'], { readonly tone: SignalTone; readonly word: string }>
> = {
  online: { tone: 'proven', word: 'Connected' },
  offline: { tone: 'lost', word: 'Not connected' },
  unknown: { tone: 'unknown', word: 'Unknown' },
};

/** A device: whether it is there, and what it connects with. */
export function DeviceRow({ device, api, mayManage, change, onMade }: DeviceRowProps) {
  const [isOpen, setIsOpen] = useState(false);
  const { name, clientId, presence, credentials, topicSpace } = device;
  const { tone, word } = PRESENCE[presence.state];
  const lastSeen = presence.lastSeenAt;
  return (
    <li className="device">
      <div className="settings-row">
        <span className="stack-tight">
          <strong>{name}</strong>
          <span className="soft small device-id">{clientId}</span>
          <span className="soft small">
            {lastSeen === null ? (
              'never connected'
            ) : (
              <HubAge atMs={fromInstant(lastSeen)} prefix="last connected" />
            )}
            {topicSpace === null ? '' : ` · shares topics of “${topicSpace}”`}
          </span>
        </span>
        <span className="row-wrap">
          <Signal tone={tone} word={word} />
          <Button
            variant="subtle"
            aria-expanded={isOpen}
            aria-label={`Details of ${name}`}
            onClick={() => setIsOpen(!isOpen)}
          >
            {isOpen ? 'Close' : 'Details'}
          </Button>
        </span>
      </div>
      {isOpen ? (
        <div className="device-more stack">
          <Link href={`/devices/${device.id}`} className="touch">
            What its messages mean
          </Link>
          {credentials.length === 0 ? (
            <p className="soft small">It has nothing to connect with.</p>
          ) : (
            <ul className="plain-list">
              {credentials.map((credential) => (
                <CredentialRow
                  key={credential.id}
                  {...{ credential, mayManage }}
                  onRevoke={() => change(() => api.revoke(device.id, credential.id))}
                />
              ))}
            </ul>
          )}
          {mayManage ? <DeviceChanges {...{ device, api, change, onMade }} /> : null}
        </div>
      ) : null}
    </li>
  );
}

function CredentialRow({
  credential,
  mayManage,
  onRevoke,
}: {
  readonly credential: CredentialView;
  readonly mayManage: boolean;
  readonly onRevoke: () => void;
}) {
  const { kind, fingerprint, expiresAt, lastUsedAt } = credential;
  const title = kind === 'certificate' ? 'Certificate' : 'Password';
  return (
    <li className="settings-row">
      <span className="stack-tight">
        <span>{title}</span>
        <span className="soft small">
          {lastUsedAt === null ? (
            'never used'
          ) : (
            <HubAge atMs={fromInstant(lastUsedAt)} prefix="used" />
          )}
          {expiresAt === null ? '' : `, valid until ${absoluteText(fromInstant(expiresAt))}`}
        </span>
        {fingerprint === null ? null : (
          <span className="soft small device-id">SHA-256 {fingerprint.slice(0, 16)}…</span>
        )}
      </span>
      {mayManage ? (
        <RemoveButton label="Revoke…" question={`Revoke this ${kind}`} onConfirm={onRevoke} />
      ) : null}
    </li>
  );
}

function DeviceChanges({
  device,
  api,
  change,
  onMade,
}: Pick<DeviceRowProps, 'device' | 'api' | 'change' | 'onMade'>) {
  const [name, setName] = useState(device.name);
  const rename = (event: SubmitEvent) => {
    event.preventDefault();
    change(() => api.change(device.id, { name: name.trim() }));
  };
  const add = (kind: 'certificate' | 'password') =>
    change(async () => onMade(await api.rotate(device.id, { credential: { kind } })));
  const isFull = device.credentials.length >= LIMITS.credentialsPerDevice;
  return (
    <>
      <form className="settings-form" onSubmit={rename}>
        <TextField
          label="New name"
          maxLength={LIMITS.nameChars}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <FormSubmit busy={false} disabled={name.trim() === '' || name.trim() === device.name}>
          Rename
        </FormSubmit>
      </form>
      <div className="row-wrap">
        <Button variant="default" disabled={isFull} onClick={() => add('certificate')}>
          New certificate
        </Button>
        <Button variant="default" disabled={isFull} onClick={() => add('password')}>
          New password
        </Button>
        <RemoveButton
          label="Unregister…"
          question={`Unregister ${device.name}`}
          onConfirm={() => change(() => api.unregister(device.id))}
        />
      </div>
      <p className="soft small">
        A new certificate or password is valid beside the others: change the device over, then
        revoke the old one.
      </p>
    </>
  );
}
