import { type SubmitEvent, useState } from 'react';
import type { DeviceApi } from '#client/device-api.ts';
import { ClientId, TopicSpace } from '#protocol/device/device.ts';
import type { DeviceCredential } from '#protocol/http/devices.ts';
import { LIMITS } from '#protocol/limits.ts';
import { Choice } from '../../components/choice.tsx';
import { ErrorNote } from '../../components/error-note.tsx';
import { useSite } from '../../components/services.ts';
import { TextField } from '../../components/text-field.tsx';
import { useAction } from '../../components/use-action.ts';
import { FormSubmit } from '../settings/form-submit.tsx';

interface DeviceRegisterProps {
  readonly api: DeviceApi;
  readonly onMade: (made: DeviceCredential) => void;
}

type Way = 'password' | 'certificate' | 'csr';

const WAYS = [
  { value: 'password', label: 'A password', description: 'Simple, and known to every client.' },
  {
    value: 'certificate',
    label: 'A certificate and its key',
    description: 'The hub makes both, shows them once, and keeps no key.',
  },
  {
    value: 'csr',
    label: 'A certificate for a key of its own',
    description: 'Paste a certificate request (PKCS #10): the key never leaves the device.',
  },
] as const satisfies readonly { value: Way; label: string; description: string }[];

/** Another device: its name, and how it proves who it is. */
export function DeviceRegister({ api, onMade }: DeviceRegisterProps) {
  const { siteId } = useSite();
  const { busy, code, run } = useAction();
  const [name, setName] = useState('');
  const [way, setWay] = useState<Way>('password');
  const [csr, setCsr] = useState('');
  const [clientId, setClientId] = useState('');
  const [topics, setTopics] = useState('');
  const isIdFine = clientId === '' || ClientId.safeParse(clientId).success;
  const areTopicsFine = topics === '' || TopicSpace.safeParse(topics).success;
  const isReady =
    name.trim() !== '' && isIdFine && areTopicsFine && (way !== 'csr' || csr.trim() !== '');
  const register = (event: SubmitEvent) => {
    event.preventDefault();
    run(async () => {
      const made = await api.register(siteId, {
        name: name.trim(),
        topicSpace: topics === '' ? null : topics,
        ...(clientId === '' ? {} : { clientId }),
        credential:
          way === 'password'
            ? { kind: 'password' }
            : { kind: 'certificate', ...(way === 'csr' ? { csr } : {}) },
      });
      setName('');
      setCsr('');
      setClientId('');
      onMade(made);
    });
  };
  return (
    <section className="panel stack" aria-labelledby="devices-register">
      <h2 id="devices-register">Register a device</h2>
      <form className="stack" onSubmit={register}>
        <TextField
          label="Name"
          placeholder="e.g. Boiler"
          maxLength={LIMITS.nameChars}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <fieldset className="choices">
          <legend>It connects with</legend>
          {WAYS.map(({ value, label, description }) => (
            <Choice
              key={value}
              type="radio"
              name="way"
              checked={way === value}
              onChange={() => setWay(value)}
              {...{ label, description }}
            />
          ))}
        </fieldset>
        {way === 'csr' ? (
          <label className="stack-tight">
            <span>Certificate request</span>
            <textarea
              className="device-csr"
              rows={6}
              spellCheck={false}
              placeholder="-----BEGIN CERTIFICATE REQUEST-----"
              maxLength={LIMITS.csrChars}
              value={csr}
              onChange={(event) => setCsr(event.currentTarget.value)}
            />
          </label>
        ) : null}
        <details>
          <summary>For a client that insists on its own names</summary>
          <div className="stack">
            <TextField
              label="Client id"
              description="Else it is made from the name."
              error={
                isIdFine ? undefined : 'Up to 40 letters, digits, _ and -; some words are reserved.'
              }
              value={clientId}
              onChange={(event) => setClientId(event.currentTarget.value.trim())}
            />
            <TextField
              label="Share topics with others, as"
              description="Devices with the same word here see each other’s topics; else each has its own."
              error={areTopicsFine ? undefined : 'Up to 40 small letters, digits, _ and -.'}
              value={topics}
              onChange={(event) => setTopics(event.currentTarget.value.trim())}
            />
          </div>
        </details>
        <FormSubmit busy={busy} disabled={!isReady}>
          Register
        </FormSubmit>
      </form>
      {code === undefined ? null : <ErrorNote code={code} />}
    </section>
  );
}
