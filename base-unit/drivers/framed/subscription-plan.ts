import type { PropertyAffordance } from '#protocol/thing/thing-description.ts';
import type { NumberedModel } from './numbered-model.ts';

export interface PlannedSubscription {
  readonly pid: number;
  readonly minIntervalMs: number;
  readonly maxIntervalMs: number;
}

/** Signal strength wavers all the time; once a minute is enough to see a trend. */
const DIAGNOSTIC_INTERVAL_MS = 60_000;
/** Controls are reported sooner than measurements. */
const STEERED_INTERVAL_MS = 100;
/** Units have room for eight subscriptions; what people look at comes first. */
const MAX_SUBSCRIPTIONS = 8;

/** What to subscribe to: every observable property, and of the diagnostics the signal strength. */
export function planSubscriptions(
  model: NumberedModel,
  sensorIntervalMs: number,
): PlannedSubscription[] {
  const planned = model.observables().flatMap(({ name, pid, affordance }) => {
    const isDiagnostic = (affordance['sb:semantic'] ?? '').startsWith('diagnostic.');
    if (isDiagnostic && name !== 'rssi') return [];
    return [{ isDiagnostic, pid, affordance }];
  });
  return planned
    .sort((a, b) => Number(a.isDiagnostic) - Number(b.isDiagnostic))
    .slice(0, MAX_SUBSCRIPTIONS)
    .map(({ isDiagnostic, pid, affordance }) => ({
      pid,
      minIntervalMs: isDiagnostic
        ? DIAGNOSTIC_INTERVAL_MS
        : intervalOf(affordance, sensorIntervalMs),
      maxIntervalMs: 0,
    }));
}

function intervalOf(property: PropertyAffordance, sensorIntervalMs: number): number {
  return property.readOnly ? sensorIntervalMs : STEERED_INTERVAL_MS;
}
