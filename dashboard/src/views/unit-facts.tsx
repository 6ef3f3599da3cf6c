import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { BaseView } from '#protocol/http/bases.ts';
import type { UnitView } from '#protocol/http/units.ts';
import { fromInstant } from '#protocol/json.ts';
import type { UnitEndpoint } from '#protocol/unit-endpoint.ts';
import { speaksFrames } from '../state/carrier.ts';
import { mapUrl, positionOf, positionText } from '../state/unit-position.ts';
import { HubAge } from '../components/hub-age.tsx';

interface UnitFactsProps {
  readonly unit: UnitView;
  readonly base: BaseView | undefined;
}

/** Known facts about the unit: address, model, uptime. */
export function UnitFacts({ unit, base }: UnitFactsProps) {
  const { identity } = unit;
  return (
    <section className="panel stack" aria-label="Facts">
      <h2>Facts</h2>
      <dl className="facts">
        <WayFacts endpoint={unit.endpoint} base={base} />
        <PositionFact unit={unit} />
        {identity ? <Fact name="Model">{identity.model}</Fact> : null}
        <ProtocolFact endpoint={unit.endpoint} />
        {identity && speaksFrames(unit.endpoint) ? (
          <>
            <Fact name="Firmware">{identity.firmwareVersion}</Fact>
            <Fact name="Hardware ID">{identity.hardwareId}</Fact>
            <Fact name="Started">
              <HubAge atMs={fromInstant(identity.startedAt)} />
            </Fact>
            <Fact name="Restart reason">{identity.resetReason.replaceAll('_', ' ')}</Fact>
          </>
        ) : null}
        {identity ? (
          <Fact name="Connection">
            {identity.sessionPolicy === 'held' ? 'kept open' : 'opened when needed'}
          </Fact>
        ) : null}
      </dl>
    </section>
  );
}

/** Of a GPS receiver. */
function PositionFact({ unit }: Pick<UnitFactsProps, 'unit'>) {
  const position = positionOf(unit);
  if (!position) return null;
  return (
    <Fact name="Position">
      <a className="number" href={mapUrl(position)} target="_blank" rel="noreferrer">
        {positionText(position)}
      </a>{' '}
      on the map
    </Fact>
  );
}

interface WayProps {
  readonly endpoint: UnitEndpoint;
  readonly base: BaseView | undefined;
}

/** How the hub reaches it. */
function WayFacts({ endpoint, base }: WayProps) {
  switch (endpoint.kind) {
    case 'base':
      return (
        <>
          <Fact name="Address">
            <span className="number">
              {endpoint.address.host}:{endpoint.address.port}
            </span>
          </Fact>
          <Fact name="Base">
            {base ? <Link href={`/bases/${base.id}`}>{base.name}</Link> : 'unknown'}
          </Fact>
        </>
      );
    case 'mqtt_device':
      return (
        <Fact name="Device">
          <Link href={`/devices/${endpoint.deviceId}`}>What its messages mean</Link>
        </Fact>
      );
    default:
      return endpoint satisfies never;
  }
}

/** Its protocol, if it is not the usual one. */
function ProtocolFact({ endpoint }: Pick<WayProps, 'endpoint'>) {
  if (speaksFrames(endpoint)) return null;
  const isMqtt = endpoint.kind === 'mqtt_device';
  return <Fact name="Protocol">{isMqtt ? 'MQTT' : 'lines of text, not encrypted'}</Fact>;
}

export function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}
