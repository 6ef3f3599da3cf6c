import { useState } from 'react';
import type { DeviceCredential } from '#protocol/http/devices.ts';
import { Button } from '../../components/button.tsx';
import { CopyButton } from '../../components/copy-button.tsx';
import { SelectField } from '../../components/select-field.tsx';
import { DeviceExamples } from './device-examples.tsx';
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
  const { port } = mqtt;
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
          {port === null ? (
            'The port for MQTT over TLS is switched off at the hub.'
          ) : (
            <>
              <code>
                {host}:{port}
              </code>{' '}
              (TLS)
            </>
          )}
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
      {hosts.length < 2 ? null : (
        <SelectField
          label="The hub is reached as"
          value={host}
          options={hosts}
          onChange={(event) => setHost(event.currentTarget.value)}
        />
      )}
      {port === null ? null : (
        <DeviceExamples name={device.name} connection={{ host, port, clientId, password }} />
      )}
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
