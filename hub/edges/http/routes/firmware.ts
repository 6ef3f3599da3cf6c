import { z } from 'zod';
import { AppError } from '#protocol/errors.ts';
import { FirmwareKeys, FirmwareList, FirmwareView } from '#protocol/http/firmware.ts';
import type { SitePermission } from '#protocol/access/permissions.ts';
import { FirmwareId, SiteId } from '#protocol/ids.ts';
import { LIMITS } from '#protocol/limits.ts';
import { subjectOf, type UserPrincipal } from '../../../domain/accounts/principal.ts';
import type { SiteAccess } from '../../../domain/sites/site-access.ts';
import type { BaseDirectory } from '../../../domain/bases/base-directory.ts';
import type { FirmwareFile, FirmwareService } from '../../../domain/firmware/firmware-service.ts';
import { byteRange } from '../byte-range.ts';
import type { Guards } from '../guards.ts';
import type { HttpApp } from '../http-app.ts';
import { Nothing, PROBLEMS } from '../responses.ts';

export interface FirmwareRoutesDeps {
  readonly guards: Guards;
  readonly access: SiteAccess;
  readonly bases: BaseDirectory;
  readonly firmware: FirmwareService;
}

const tags = ['Firmware'];
const SiteParams = z.strictObject({ siteId: SiteId });
const FirmwareParams = z.strictObject({ firmwareId: FirmwareId });
const Content = z.custom<AsyncIterable<Uint8Array>>(
  (value) => typeof value === 'object' && value !== null && Symbol.asyncIterator in value,
);

/** Signed images: managers bring and remove them, members see them, bases fetch them. */
export function firmwareRoutes(app: HttpApp, deps: FirmwareRoutesDeps): void {
  const { guards, access, bases, firmware } = deps;

  /** To others there is none. */
  const firmwareFor = async (
    caller: UserPrincipal,
    id: FirmwareId,
    permission: SitePermission,
  ): Promise<FirmwareFile> => {
    const file = await firmware.find(id);
    await access.require(caller, { siteId: file.siteId, unknown: 'firmware_unknown' }, permission);
    return file;
  };

  // Its own context: only here a body is read as a stream.
  void app.register((scope: HttpApp, _options, done) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('application/octet-stream', (request, body, parsed) => {
      const maxBytes = LIMITS.firmwareFileBytes;
      const isTooLarge = Number(request.headers['content-length'] ?? 0) > maxBytes;
      if (isTooLarge) parsed(new AppError('body_too_large', { details: { maxBytes } }), undefined);
      // If destroyed with its reader, the request would close the connection, and no answer would
      // be sent.
      else parsed(null, body.iterator({ destroyOnReturn: false }));
    });
    scope.post('/api/sites/:siteId/firmware', {
      onRequest: guards.may('firmware.manage'),
      schema: {
        tags,
        summary: 'Upload a signed firmware image (managers and owners)',
        description:
          'The file as application/octet-stream. If the site already has it, the answer is 200. The signature is checked if the site has trusted keys; a unit always checks it.',
        consumes: ['application/octet-stream'],
        params: SiteParams,
        body: Content,
        response: { 200: FirmwareView, 201: FirmwareView, ...PROBLEMS },
      },
      handler: async (request, reply) => {
        const { siteId } = request.params;
        const caller = guards.user(request);
        await access.require(caller, siteId, 'firmware.manage');
        const { firmware: view, isNew } = await firmware.upload({
          siteId,
          content: request.body,
          userId: caller.userId,
          uploadedBy: subjectOf(caller),
        });
        return await reply.status(isNew ? 201 : 200).send(view);
      },
    });
    done();
  });

  app.get('/api/sites/:siteId/firmware', {
    onRequest: guards.may('site.read'),
    schema: {
      tags,
      summary: 'The firmware of a site, newest first',
      params: SiteParams,
      response: { 200: FirmwareList, ...PROBLEMS },
    },
    handler: async (request) => {
      const { siteId } = request.params;
      await access.require(guards.user(request), siteId, 'site.read');
      return { firmware: await firmware.list(siteId) };
    },
  });

  app.delete('/api/firmware/:firmwareId', {
    onRequest: guards.may('firmware.manage'),
    schema: {
      tags,
      summary: 'Delete firmware that no open rollout needs (managers and owners)',
      params: FirmwareParams,
      response: { 204: Nothing, ...PROBLEMS },
    },
    handler: async (request, reply) => {
      const caller = guards.user(request);
      const { id } = await firmwareFor(caller, request.params.firmwareId, 'firmware.manage');
      await firmware.remove(id, subjectOf(caller));
      return await reply.status(204).send(null);
    },
  });

  app.get('/api/firmware/:firmwareId/image', {
    onRequest: guards.base,
    schema: {
      tags,
      summary: 'The file of a firmware, for bases of its site; answers one range of bytes',
      produces: ['application/octet-stream'],
      params: FirmwareParams,
      response: { 200: Content, 206: Content, ...PROBLEMS },
    },
    handler: async (request, reply) => {
      const file = await firmware.find(request.params.firmwareId);
      const base = await bases.find(guards.baseCaller(request).baseId);
      if (base?.siteId !== file.siteId) throw new AppError('firmware_unknown');
      const size = file.bytes;
      const range = byteRange(request.headers.range, size);
      const { start, end } = range ?? { start: 0, end: size - 1 };
      const content = await firmware.content(file, { start, end });
      reply.header('accept-ranges', 'bytes').header('etag', `"${file.sha256}"`);
      if (range) reply.status(206).header('content-range', `bytes ${start}-${end}/${size}`);
      return await reply
        .type('application/octet-stream')
        .header('content-length', end - start + 1)
        .send(content);
    },
  });

  app.get('/api/sites/:siteId/firmware-keys', {
    onRequest: guards.may('site.read'),
    schema: {
      tags,
      summary: 'The public keys that a site trusts for firmware',
      params: SiteParams,
      response: { 200: FirmwareKeys, ...PROBLEMS },
    },
    handler: async (request) => {
      const { siteId } = request.params;
      await access.require(guards.user(request), siteId, 'site.read');
      return await firmware.keys(siteId);
    },
  });

  app.put('/api/sites/:siteId/firmware-keys', {
    onRequest: guards.may('firmware.trust'),
    schema: {
      tags,
      summary: 'Set the public keys that a site trusts for firmware (owners)',
      description: 'Needs a session: an API token cannot decide whose firmware a site trusts.',
      params: SiteParams,
      body: FirmwareKeys,
      response: { 200: FirmwareKeys, ...PROBLEMS },
    },
    handler: async (request) => {
      const { siteId } = request.params;
      const caller = guards.user(request);
      await access.require(caller, siteId, 'firmware.trust');
      return await firmware.putKeys(siteId, request.body, subjectOf(caller));
    },
  });
}
