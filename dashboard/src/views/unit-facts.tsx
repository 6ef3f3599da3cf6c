import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { BaseView } from '#protocol/http/bases.ts';
import type { UnitView } from '#protocol/http/units.ts';
import { fromInstant } from '#protocol/json.ts';
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
        <Fact name="Address">
          <span className="number">
            {unit.address.host}:{unit.address.port}
          </span>
        </Fact>
        <Fact name="Base">
          {base ? <Link href={`/bases/${base.id}`}>{base.name}</Link> : 'unknown'}
        </Fact>
        {identity ? <Fact name="Model">{identity.model}</Fact> : null}
        {unit.link === 'frames' ? null : <Fact name="Protocol">lines of text, not encrypted</Fact>}
        {identity && unit.link === 'frames' ? (
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

export function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}
