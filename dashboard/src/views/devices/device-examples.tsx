import { useState } from 'react';
import { type DeviceConnection, deviceSnippets } from '#client/device-snippets.ts';
import { CopyButton } from '../../components/copy-button.tsx';
import { QrCode } from '../../components/qr-code.tsx';
import { SelectField } from '../../components/select-field.tsx';
import '../../components/text-block.css';

interface DeviceExamplesProps {
  readonly name: string;
  readonly connection: DeviceConnection;
}

/** How a device connects, ready to be used: for each kind of client, and as a QR code. */
export function DeviceExamples({ name, connection }: DeviceExamplesProps) {
  const { host, port, clientId, password } = connection;
  const snippets = deviceSnippets(connection);
  const [shown, setShown] = useState('mosquitto');
  const text = snippets.find(({ id }) => id === shown)?.text ?? '';
  const login = password === null ? clientId : `${clientId}:${password}`;
  return (
    <>
      <SelectField
        label="Ready to use for"
        value={shown}
        options={snippets.map(({ id, title }) => ({ value: id, label: title }))}
        onChange={(event) => setShown(event.currentTarget.value)}
      />
      <pre className="text-block" tabIndex={0}>
        {text}
      </pre>
      <CopyButton text={text} label="Copy" />
      <QrCode
        text={`mqtts://${login}@${host.includes(':') ? `[${host}]` : host}:${port}`}
        label={`How ${name} connects, as a QR code`}
      />
    </>
  );
}
