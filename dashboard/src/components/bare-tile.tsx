import { errorEntry } from '#protocol/errors.ts';
import type { UnitView } from '#protocol/http/units.ts';
import { useBaseOf } from './use-base-of.ts';

/** A unit without anything to show: why, and where it is looked for. */
export function BareTile({ unit }: { readonly unit: UnitView }) {
  const { code } = unit.presence;
  if (unit.description) {
    return (
      <p className="soft small">This unit has actions and events only. Open it to use them.</p>
    );
  }
  return (
    <div className="stack-tight small">
      <p className="soft">
        <NotConnected unit={unit} />
      </p>
      {code === undefined ? null : (
        <p>
          {errorEntry(code).message} <span className="code">{code}</span>
        </p>
      )}
    </div>
  );
}

function NotConnected({ unit }: { readonly unit: UnitView }) {
  const isBaseOnline = useBaseOf(unit)?.presence.state === 'online';
  const { endpoint } = unit;
  switch (endpoint.kind) {
    case 'base':
      return (
        <>
          The base has not connected to it yet, so its capabilities are unknown.{' '}
          {isBaseOnline ? 'It keeps trying' : 'It will try'}{' '}
          <span className="number">
            {endpoint.address.host}:{endpoint.address.port}
          </span>
          {isBaseOnline ? '.' : ' when it is online again.'}
        </>
      );
    case 'mqtt_device':
      return <>It has not connected to the hub yet, so its capabilities are unknown.</>;
    default:
      return endpoint satisfies never;
  }
}
