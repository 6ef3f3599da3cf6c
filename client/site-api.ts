import { z } from 'zod';
import { Command } from '#protocol/command/command.ts';
import { BaseView, ClaimCodeCreated, ClaimCodeStatus } from '#protocol/http/bases.ts';
import { ChannelAuthorization } from '#protocol/http/channels.ts';
import {
  CommandList,
  type CommandListQuery,
  type CommandRequest,
  CommandTrace,
} from '#protocol/http/commands.ts';
import { SiteEventsPage, type SiteEventsQuery } from '#protocol/http/events.ts';
import { SiteSnapshot } from '#protocol/http/sites.ts';
import {
  HistoryAnswer,
  type HistoryQuery,
  type UnitChange,
  UnitView,
} from '#protocol/http/units.ts';
import type { UnitRequest } from '#protocol/http/unit-request.ts';
import { DiscoveryAnswer, ProbeAnswer } from '#protocol/hub-link/discovery.ts';
import type { BaseId, ClaimId, CommandId, SiteId, UnitId } from '#protocol/ids.ts';
import type { UnitAddress } from '#protocol/unit-address.ts';
import type { HttpClient } from './http-client.ts';
import { sharedDescriptions } from './shared-descriptions.ts';
import { SparklinePoints } from './sparkline-points.ts';

/** Filter of the stored events of a site. */
export type EventsRequest = Readonly<Partial<SiteEventsQuery>>;

export type SiteApi = ReturnType<typeof createSiteApi>;

/** What happens at a site: its bases, its units and their commands. */
export function createSiteApi(http: HttpClient) {
  const unit = UnitView.extend({ description: sharedDescriptions() });
  const snapshot = SiteSnapshot.extend({
    units: z.array(unit),
    sparklines: z.record(z.string(), z.record(z.string(), SparklinePoints)),
  });
  return {
    snapshot: (id: SiteId, signal?: AbortSignal) =>
      http.json(snapshot, {
        path: `/api/sites/${id}/snapshot`,
        ...(signal ? { signal } : {}),
      }),
    events: (id: SiteId, query: EventsRequest, signal?: AbortSignal) =>
      http.json(SiteEventsPage, {
        path: `/api/sites/${id}/events`,
        query: { ...query, type: query.type?.join(',') },
        ...(signal ? { signal } : {}),
      }),
    saveLayout: (id: SiteId, unitIds: readonly UnitId[]) =>
      http.send({ method: 'PUT', path: `/api/sites/${id}/layout`, body: { unitIds } }),
    authorize: (socketId: string, channel: string) =>
      http.json(ChannelAuthorization, {
        method: 'POST',
        path: '/api/channels/authorize',
        body: { socketId, channel },
      }),

    createClaimCode: (id: SiteId, baseName: string) =>
      http.json(ClaimCodeCreated, {
        method: 'POST',
        path: `/api/sites/${id}/claim-codes`,
        body: { baseName },
      }),
    claimCode: (id: ClaimId) => http.json(ClaimCodeStatus, { path: `/api/claim-codes/${id}` }),
    renameBase: (id: BaseId, name: string) =>
      http.json(BaseView, { method: 'PATCH', path: `/api/bases/${id}`, body: { name } }),
    removeBase: (id: BaseId) => http.send({ method: 'DELETE', path: `/api/bases/${id}` }),

    discover: (id: BaseId, revision: string | null, signal: AbortSignal) =>
      http.json(DiscoveryAnswer, {
        method: 'POST',
        path: `/api/bases/${id}/discovery`,
        body: { revision },
        signal,
      }),
    probe: (id: BaseId, address: UnitAddress) =>
      http.json(ProbeAnswer, {
        method: 'POST',
        path: `/api/bases/${id}/probe`,
        body: { address },
      }),

    unit: (id: UnitId) => http.json(UnitView, { path: `/api/units/${id}` }),
    addUnit: (id: SiteId, body: UnitRequest) =>
      http.json(UnitView, { method: 'POST', path: `/api/sites/${id}/units`, body }),
    changeUnit: (id: UnitId, body: UnitChange) =>
      http.json(UnitView, { method: 'PATCH', path: `/api/units/${id}`, body }),
    removeUnit: (id: UnitId) => http.send({ method: 'DELETE', path: `/api/units/${id}` }),
    history: (id: UnitId, query: HistoryQuery, signal?: AbortSignal) =>
      http.json(HistoryAnswer, {
        path: `/api/units/${id}/history`,
        query: {
          property: query.property,
          from: Number(query.from),
          to: Number(query.to),
          resolution: query.resolution,
        },
        ...(signal ? { signal } : {}),
      }),

    sendCommand: (id: UnitId, body: CommandRequest) =>
      http.json(Command, { method: 'POST', path: `/api/units/${id}/commands`, body }),
    commands: async (id: UnitId, query: Pick<CommandListQuery, 'before'> & { limit: number }) =>
      (
        await http.json(CommandList, {
          path: `/api/units/${id}/commands`,
          query: { limit: query.limit, before: query.before },
        })
      ).commands,
    trace: (id: CommandId) => http.json(CommandTrace, { path: `/api/commands/${id}/trace` }),
    cancelCommand: (id: CommandId) =>
      http.json(Command, { method: 'POST', path: `/api/commands/${id}/cancel`, body: {} }),
  };
}
