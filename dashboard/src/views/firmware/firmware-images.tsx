import type { FirmwareView } from '#protocol/http/firmware.ts';
import { fromInstant } from '#protocol/json.ts';
import { Button } from '../../components/button.tsx';
import { HubAge } from '../../components/hub-age.tsx';
import { ErrorNote } from '../../components/error-note.tsx';
import { useServices, useSite } from '../../components/services.ts';
import { Signal } from '../../components/signal.tsx';
import { useAction } from '../../components/use-action.ts';
import { useDisclosed } from '../../components/use-disclosed.ts';
import { useReadable } from '../../components/use-readable.ts';
import type { RosterEntry } from '../../state/roster.ts';
import type { PresenceView } from '../../state/presence-view.ts';
import { unitsFor } from '../../state/units-for-firmware.ts';
import { RemoveButton } from '../../components/remove-button.tsx';
import { RolloutForm } from './rollout-form.tsx';

interface FirmwareImagesProps {
  readonly images: readonly FirmwareView[];
  readonly mayChange: boolean;
  readonly onRemoved: () => void;
}

/** The images of the site, newest first, and what can be done with each. */
export function FirmwareImages({ images, mayChange, onRemoved }: FirmwareImagesProps) {
  const units = useReadable(useSite().store.roster);
  return (
    <ul className="plain-list" aria-label="Images">
      {images.map((image) => (
        <Image
          key={image.id}
          image={image}
          fitting={unitsFor(image, units)}
          mayChange={mayChange}
          onRemoved={onRemoved}
        />
      ))}
    </ul>
  );
}

const SIGNATURES: Readonly<Record<FirmwareView['signature'], PresenceView>> = {
  trusted: { tone: 'proven', word: 'Signature trusted' },
  untrusted: {
    tone: 'lost',
    word: 'Signature not trusted',
    reason: 'It was signed with a key that the site no longer trusts.',
  },
  unchecked: {
    tone: 'unknown',
    word: 'Signature not checked here',
    reason: 'The site has no trusted keys. The unit always checks it.',
  },
};

interface ImageProps {
  readonly image: FirmwareView;
  readonly fitting: readonly RosterEntry[];
  readonly mayChange: boolean;
  readonly onRemoved: () => void;
}

function Image({ image, fitting, mayChange, onRemoved }: ImageProps) {
  const { firmwareApi } = useServices();
  const { busy, code, run } = useAction();
  const form = useDisclosed();
  const { manifest, fileBytes, uploadedAt } = image;
  const name = `${manifest.model} ${manifest.version}`;
  const { tone, word, reason } = SIGNATURES[image.signature];
  const remove = () =>
    run(async () => {
      await firmwareApi.remove(image.id);
      onRemoved();
    });
  return (
    <li className="firmware-image">
      <div className="settings-row">
        <span className="stack-tight">
          <strong>
            {manifest.model} <span className="number">{manifest.version}</span>
          </strong>
          <span className="row-wrap soft small">
            <Signal tone={tone} word={word} reason={reason} />
            <span>{manifest.platform}</span>
            <span className="number">{Math.ceil(fileBytes / 1_024)} KiB</span>
            <HubAge atMs={fromInstant(uploadedAt)} prefix="uploaded" />
            {manifest.minVersion === null ? null : <span>from {manifest.minVersion} on</span>}
          </span>
        </span>
        {mayChange ? (
          <span className="row-wrap">
            <Button
              ref={form.button}
              variant="default"
              aria-expanded={form.isOpen}
              aria-label={fitting.length === 0 ? undefined : `Roll out ${name}`}
              disabled={fitting.length === 0 || image.signature === 'untrusted'}
              onClick={form.toggle}
            >
              {fitting.length === 0 ? 'No unit needs it' : 'Roll out…'}
            </Button>
            <RemoveButton label="Delete…" question={`Delete ${name}`} onConfirm={remove} />
          </span>
        ) : null}
      </div>
      {busy || code === undefined ? null : <ErrorNote code={code} />}
      {form.isOpen && fitting.length > 0 ? (
        <RolloutForm image={image} units={fitting} onDone={form.close} />
      ) : null}
    </li>
  );
}
