import { useMemo } from 'react';
import type { UnitView } from '#protocol/http/units.ts';
import { unitSign } from '../format/number-text.ts';
import type { TilePlan } from '../state/affordance-control.ts';
import { useSite } from './services.ts';
import { useDecimals } from './use-decimals.ts';
import { Sparkline } from './sparkline.tsx';
import { useReadable } from './use-readable.ts';
import { ReportedValue, ValueText } from './value-text.tsx';
import { own } from '../state/own.ts';

interface SensorTileProps {
  readonly unit: UnitView;
  readonly plan: Extract<TilePlan, { kind: 'sensor' }>;
  /** The unit is unreachable: the value is the last known one. */
  readonly stale: boolean;
}

/** The one value that matters, large, and how it went today. */
export function SensorTile({ unit, plan, stale }: SensorTileProps) {
  const { property: name, others } = plan;
  const schema = own(unit.description?.properties, name);
  const state = own(unit.reported, name);
  return (
    <>
      <span className="soft small">
        {schema?.title ?? name}
        {stale && state !== undefined ? ', last known' : ''}
      </span>
      <div
        className="tile-sensor-value"
        data-testid={`reported-${name}`}
        data-value={state === undefined ? '' : String(state.value)}
      >
        <span data-testid={`value-${name}`}>
          <ValueText schema={schema} value={state?.value} decimals={useDecimals(unit, name)} />
        </span>
      </div>
      {others.length === 0 ? null : (
        <div className="tile-reported">
          {others.map((other) => (
            <span key={other}>
              {own(unit.description?.properties, other)?.title ?? other}{' '}
              <ReportedValue
                property={other}
                schema={own(unit.description?.properties, other)}
                value={own(unit.reported, other)?.value}
              />
            </span>
          ))}
        </div>
      )}
      <div className="tile-spark">
        <Spark unit={unit} name={name} sign={unitSign(schema?.unit)} />
      </div>
    </>
  );
}

/** The time by which a sparkline moves on. */
const STEP_MS = 5 * 60_000;

function Spark({
  unit,
  name,
  sign,
}: {
  readonly unit: UnitView;
  readonly name: string;
  readonly sign: string;
}) {
  const { store } = useSite();
  const points = useReadable(store.sparklines.at(`${unit.id}/${name}`));
  const state = own(unit.reported, name);
  const atMs = state?.measuredAtMs;
  const value = typeof state?.value === 'number' ? state.value : undefined;
  // The live end moves with each reading; the rest once a quarter of an hour.
  const withTip = useMemo(() => {
    const last = points?.at(-1);
    if (!points || atMs === undefined || value === undefined) return points ?? [];
    return last && last[0] >= atMs ? points : [...points, [atMs, value] as const];
  }, [points, atMs, value]);
  // A quarter of an hour is a hundredth of its width: it need not move more often than it could be seen.
  const endMs = Math.ceil(store.hubNow() / STEP_MS) * STEP_MS;
  return <Sparkline points={withTip} unit={sign} endMs={endMs} />;
}
