import { ClockDifference, ConsumersLag } from '#protocol/http/metrics.ts';
import type { EventConsumers } from '../../../delivery/event-consumers.ts';
import type { Guards } from '../guards.ts';
import type { HttpApp } from '../http-app.ts';
import { PROBLEMS } from '../responses.ts';

export interface MetricRoutesDeps {
  readonly guards: Guards;
  readonly consumers: Pick<EventConsumers, 'lag'>;
  readonly clockDifferenceMs: () => number | undefined;
}

/** Figures of the whole hub, for whoever watches over it. */
export function metricRoutes(
  app: HttpApp,
  { guards, consumers, clockDifferenceMs }: MetricRoutesDeps,
): void {
  app.get('/api/metrics/consumers', {
    onRequest: guards.may('metrics.read'),
    schema: {
      tags: ['Hub'],
      summary: 'How far each consumer of events is behind, in events and in seconds',
      response: { 200: ConsumersLag, ...PROBLEMS },
    },
    handler: async () => ({ consumers: await consumers.lag() }),
  });

  app.get('/api/metrics/clock', {
    onRequest: guards.may('metrics.read'),
    schema: {
      tags: ['Hub'],
      summary: 'How far the clock of this machine is from that of the database',
      response: { 200: ClockDifference, ...PROBLEMS },
    },
    handler: () => {
      const differenceMs = clockDifferenceMs();
      return {
        databaseAheadSeconds: differenceMs === undefined ? null : differenceMs / 1_000,
      };
    },
  });
}
