import { useState } from 'react';
import { deviceSnippets } from '#client/device-snippets.ts';
import type { DeviceCredential } from '#protocol/http/devices.ts';
import { Button } from '../../components/button.tsx';
import { CopyButton } from '../../components/copy-button.tsx';
import { QrCode } from '../../components/qr-code.tsx';
import { SelectField } from '../../components/select-field.tsx';
import { hubHosts } from './hub-hosts.ts';

interface DeviceHandoverProps {
  readonly made: DeviceCredential;
  readonly onDone: () => void;
}

/** What the device needs: shown now, and never again. */
export function DeviceHandover({ made, onDone }: DeviceHandoverProps) {
  const { device, secret, ca, mqtt } = made;
  const { clientId } = device;
  const hosts = hubHosts(mqtt.hosts, window.location.hostname);
  const [host, setHost] = useState(hosts[0] ?? 'localhost');
  const password = secret.kind === 'password' ? secret.password : null;
  const snippets = deviceSnippets({ host, port: mqtt.port, clientId, password });
  const [shown, setShown] = useState('mosquitto');
  const text = snippets.find(({ id }) => id === shown)?.text ?? '';
  const login = password === null ? clientId : `${clientId}:${password}`;
  return (
    <section className="panel stack" aria-labelledby="device-handover" role="status">
      <div className="row-wrap spread">
        <h2 id="device-handover">{device.name} can connect</h2>
        <Button onClick={onDone}>Done, I have it</Button>
      </div>
      <p>
        This is shown only now: the hub keeps{' '}
        {password === null ? 'no key' : 'a hash of the password'}.
      </p>
      <dl className="device-facts">
        <dt>Client id and user</dt>
        <dd>
          <code>{clientId}</code>
        </dd>
        {password === null ? null : (
          <>
            <dt>Password</dt>
            <dd>
              <code>{password}</code>
            </dd>
          </>
        )}
        <dt>Host and port</dt>
        <dd>
          <code>
            {host}:{mqtt.port}
          </code>{' '}
          (TLS)
        </dd>
        <dt>Topics</dt>
        <dd>
          <code>
            {device.topicSpace === null ? `${clientId}/#` : `shared/${device.topicSpace}/#`}
          </code>
        </dd>
      </dl>
      {password === null ? null : <CopyButton text={password} label="Copy the password" />}
      <div className="row-wrap">
        <FileLink name="ca.pem" content={ca} />
        {secret.kind === 'certificate' ? (
          <FileLink name="cert.pem" content={secret.certificate} />
        ) : null}
        {secret.kind === 'certificate' && secret.privateKey !== null ? (
          <FileLink name="key.pem" content={secret.privateKey} />
        ) : null}
      </div>
      <div className="settings-form">
        <SelectField
          label="Ready to use for"
          value={shown}
          options={snippets.map(({ id, title }) => ({ value: id, label: title }))}
          onChange={(event) => setShown(event.currentTarget.value)}
        />
        {hosts.length < 2 ? null : (
          <SelectField
            label="The hub is reached as"
            value={host}
            options={hosts}
            onChange={(event) => setHost(event.currentTarget.value)}
          />
        )}
      </div>
      <pre className="device-snippet" tabIndex={0}>
        {text}
      </pre>
      <CopyButton text={text} label="Copy" />
      <QrCode
        text={`mqtts://${login}@${host.includes(':') ? `[${host}]` : host}:${mqtt.port}`}
        label={`How ${device.name} connects, as a QR code`}
      />
    </section>
  );
}

/** A file that exists on this page only. */
function FileLink({ name, content }: { readonly name: string; readonly content: string }) {
  return (
    <a
      className="touch"
      download={name}
      href={`data:application/x-pem-file;charset=utf-8,${encodeURIComponent(content)}`}
    >
      Download {name}
    </a>
  );
}
