import { z } from 'zod';
import { AppError } from '#protocol/errors.ts';
import { HistoryAnswer, HistoryQuery, UnitChange, UnitView } from '#protocol/http/units.ts';
import { UnitMapping, UnitRequest } from '#protocol/http/unit-request.ts';
import { SiteId, UnitId } from '#protocol/ids.ts';
import type { SiteAccess } from '../../../domain/sites/site-access.ts';
import type { BaseDirectory } from '../../../domain/bases/base-directory.ts';
import type { HistoryService } from '../../../domain/readings/history-service.ts';
import { actorOf, requesterOf } from '../../../domain/accounts/principal.ts';
import type { UnitAccess } from '../../../domain/units/unit-access.ts';
import type { UnitService } from '../../../domain/units/unit-service.ts';
import type { UnitViews } from '../../../domain/units/unit-views.ts';
import type { Guards } from '../guards.ts';
import type { HttpApp } from '../http-app.ts';
import { Nothing, PROBLEMS } from '../responses.ts';

export interface UnitRoutesDeps {
  readonly guards: Guards;
  readonly access: SiteAccess;
  readonly unitAccess: UnitAccess;
  readonly bases: BaseDirectory;
  readonly units: UnitService;
  readonly views: UnitViews;
  readonly history: HistoryService;
}

const tags = ['Units'];
const UnitParams = z.strictObject({ unitId: UnitId });

/** Units and their history. */
export function unitRoutes(app: HttpApp, deps: UnitRoutesDeps): void {
  const { guards, access, unitAccess, bases, units, views, history } = deps;

  app.post('/api/sites/:siteId/units', {
    onRequest: guards.may('unit.manage'),
    schema: {
      tags,
      summary: 'Add a unit (managers and owners; behind a base, signed in)',
      params: z.strictObject({ siteId: SiteId }),
      body: UnitRequest,
      response: { 201: UnitView, ...PROBLEMS },
    },
    handler: async (request, reply) => {
      const { siteId } = request.params;
      const caller = guards.user(request);
      const { endpoint, ...texts } = request.body;
      if (endpoint.kind === 'mqtt_device') {
        await access.require(caller, siteId, 'unit.manage');
        const by = requesterOf(caller);
        return await reply
          .status(201)
          .send(await units.addDevice(siteId, { ...texts, endpoint }, by));
      }
      // A base connects to whatever address it is given: only a person may set it.
      await access.require(caller, siteId, 'unit.place');
      const base = await bases.find(endpoint.baseId);
      if (!base || base.removed || base.siteId !== siteId) throw new AppError('base_unknown');
      const view = await units.add(base, { ...texts, endpoint }, actorOf(caller));
      return await reply.status(201).send(view);
    },
  });

  app.get('/api/units/:unitId', {
    onRequest: guards.may('site.read'),
    schema: {
      tags,
      summary: 'A unit',
      params: UnitParams,
      response: { 200: UnitView, ...PROBLEMS },
    },
    handler: async (request) => {
      const unit = await unitAccess.require(
        guards.user(request),
        request.params.unitId,
        'site.read',
      );
      const view = await views.one(unit.id);
      if (!view) throw new AppError('unit_unknown');
      return view;
    },
  });

  app.patch('/api/units/:unitId', {
    onRequest: guards.may('unit.manage'),
    schema: {
      tags,
      summary:
        'Change the name, place, device or (signed in) address of a unit (managers and owners)',
      params: UnitParams,
      body: UnitChange,
      response: { 200: UnitView, ...PROBLEMS },
    },
    handler: async (request) => {
      // A base connects to whatever address it is given; a device comes by itself.
      const isMove = request.body.endpoint?.kind === 'base';
      const permission = isMove ? 'unit.place' : 'unit.manage';
      const caller = guards.user(request);
      const unit = await unitAccess.require(caller, request.params.unitId, permission);
      return await units.change(unit, request.body, actorOf(caller));
    },
  });

  app.delete('/api/units/:unitId', {
    onRequest: guards.may('unit.manage'),
    schema: {
      tags,
      summary: 'Remove a unit and its history (managers and owners)',
      params: UnitParams,
      response: { 204: Nothing, ...PROBLEMS },
    },
    handler: async (request, reply) => {
      const caller = guards.user(request);
      const unit = await unitAccess.require(caller, request.params.unitId, 'unit.manage');
      await units.remove(unit, actorOf(caller));
      return await reply.status(204).send(null);
    },
  });

  app.get('/api/units/:unitId/mapping', {
    onRequest: guards.may('site.read'),
    schema: {
      tags,
      summary: 'How the messages of a device are read and written',
      params: UnitParams,
      response: { 200: UnitMapping, ...PROBLEMS },
    },
    handler: async (request) => {
      const { unitId } = request.params;
      const unit = await unitAccess.require(guards.user(request), unitId, 'site.read');
      return { mapping: await units.mapping(unit) };
    },
  });

  app.put('/api/units/:unitId/mapping', {
    onRequest: guards.may('unit.manage'),
    schema: {
      tags,
      summary: 'Read and write the messages of a device differently (managers and owners)',
      params: UnitParams,
      body: UnitMapping,
      response: { 200: UnitMapping, ...PROBLEMS },
    },
    handler: async (request) => {
      const caller = guards.user(request);
      const unit = await unitAccess.require(caller, request.params.unitId, 'unit.manage');
      await units.remap(unit, request.body, requesterOf(caller));
      return request.body;
    },
  });

  app.get('/api/units/:unitId/history', {
    onRequest: guards.may('site.read'),
    schema: {
      tags,
      summary: 'The history of a property',
      params: UnitParams,
      querystring: HistoryQuery,
      response: { 200: HistoryAnswer, ...PROBLEMS },
    },
    handler: async (request, reply) => {
      const caller = guards.user(request);
      const unit = await unitAccess.require(caller, request.params.unitId, 'site.read');
      return await history.query(
        { userId: caller.userId, isWanted: () => !reply.raw.destroyed },
        unit,
        request.query,
      );
    },
  });
}
