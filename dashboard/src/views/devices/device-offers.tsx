import { useCallback, useMemo } from 'react';
import { useLocation } from 'wouter';
import { createOfferApi } from '#client/offer-api.ts';
import type { DeviceOffer } from '#protocol/http/device-offers.ts';
import type { DescriptionForm } from '#protocol/device/self-description.ts';
import type { DeviceView } from '#protocol/http/devices.ts';
import { Button } from '../../components/button.tsx';
import { ErrorNote } from '../../components/error-note.tsx';
import { useServices } from '../../components/services.ts';
import { useAction } from '../../components/use-action.ts';
import { useList } from '../settings/use-list.ts';

const FORMS: Readonly<Record<DescriptionForm, string>> = {
  signalbox: 'Signalbox',
  homie: 'Homie 5',
  homeassistant: 'Home Assistant discovery',
  tasmota: 'Tasmota',
  libpyiotcloud: 'preset for boards with libpyiotcloud',
};

/** What a device says of itself, for a person to accept. */
export function DeviceOffersPanel({ device }: { readonly device: DeviceView }) {
  const { http } = useServices();
  const [, navigate] = useLocation();
  const api = useMemo(() => createOfferApi(http), [http]);
  const { busy, code, run } = useAction();
  const fetchAll = useCallback(async () => [await api.offers(device.id)], [api, device.id]);
  const list = useList(fetchAll);
  const [found] = list.rows ?? [];
  const accept = ({ id, digest }: DeviceOffer) =>
    run(async () => {
      const unit = await api.accept(device.id, { offerId: id, digest });
      navigate(`/units/${unit.id}`);
    });
  const described = found?.offers.filter(({ form }) => form !== 'libpyiotcloud') ?? [];
  const presets = found?.offers.filter(({ form }) => form === 'libpyiotcloud') ?? [];
  const isUnit = found !== undefined && found.unitId !== null;
  const failure = code ?? list.code;
  return (
    <section className="panel stack" aria-labelledby="device-offers">
      <h2 id="device-offers">What it says of itself</h2>
      {found && described.length === 0 ? (
        <p className="soft">
          It does not describe itself. Homie 5, Home Assistant discovery, Tasmota and the
          hub&rsquo;s own scheme are understood.
        </p>
      ) : null}
      {described.length > 1 ? (
        <p className="soft">A device is one unit: choose which of these it is.</p>
      ) : null}
      <ul className="plain-list">
        {[...described, ...presets].map((offer) => (
          <Offer
            key={offer.id}
            offer={offer}
            isUnit={isUnit}
            busy={busy}
            onAccept={() => accept(offer)}
          />
        ))}
      </ul>
      {found?.isFull === true ? (
        <p className="soft">It says more of itself than the hub keeps.</p>
      ) : null}
      {failure === undefined ? null : <ErrorNote code={failure} />}
      <div className="row-wrap">
        <Button
          variant="default"
          loading={list.busy}
          onClick={() => list.change(() => Promise.resolve())}
        >
          Look again
        </Button>
      </div>
    </section>
  );
}

interface OfferProps {
  readonly offer: DeviceOffer;
  /** The device is a unit already, which would be read differently. */
  readonly isUnit: boolean;
  readonly busy: boolean;
  readonly onAccept: () => void;
}

function Offer({ offer, isUnit, busy, onAccept }: OfferProps) {
  const { title, form, state, mapping, leftOut } = offer;
  return (
    <li className="settings-row">
      <span className="stack-tight">
        <strong>{title}</strong>
        <span className="soft small">
          {FORMS[form]} · {sizeText(mapping)}
          {state === 'changed' ? ' · changed since it was accepted' : ''}
        </span>
        <details>
          <summary className="small">
            {leftOut.length === 0 ? 'What it has' : `What it has; ${leftOut.length} not understood`}
          </summary>
          <ul className="small">
            {[...mapping.properties, ...mapping.actions, ...mapping.events].map((affordance) => (
              <li key={affordance.name}>{affordance.title ?? affordance.name}</li>
            ))}
            {leftOut.map(({ what, reason }, index) => (
              <li key={`${what} ${index}`} className="soft">
                {what}: {reason}
              </li>
            ))}
          </ul>
        </details>
      </span>
      {state === 'accepted' ? (
        <span className="soft small">Accepted</span>
      ) : (
        <Button
          variant="default"
          disabled={busy}
          aria-label={`${isUnit ? 'Read it as' : 'Accept'} ${title}`}
          onClick={onAccept}
        >
          {isUnit ? 'Read it so' : 'Accept'}
        </Button>
      )}
    </li>
  );
}

function sizeText({ properties, actions, events }: DeviceOffer['mapping']): string {
  const parts = [
    counted(properties.length, 'property', 'properties'),
    counted(actions.length, 'action', 'actions'),
    counted(events.length, 'event', 'events'),
  ];
  return parts.filter((part) => part !== '').join(', ') || 'nothing that is understood';
}

function counted(count: number, one: string, many: string): string {
  return count === 0 ? '' : `${count} ${count === 1 ? one : many}`;
}
