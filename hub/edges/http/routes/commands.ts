import { z } from 'zod';
import { STAGE } from '#protocol/command/command-stage.ts';
import { isFinal } from '#protocol/command/command-state.ts';
import { Command } from '#protocol/command/command.ts';
import { AppError } from '#protocol/errors.ts';
import {
  CommandList,
  CommandListQuery,
  CommandRequest,
  CommandTrace,
} from '#protocol/http/commands.ts';
import type { SitePermission } from '#protocol/access/permissions.ts';
import { CommandId, UnitId } from '#protocol/ids.ts';
import type { SiteAccess } from '../../../domain/sites/site-access.ts';
import { requesterOf, subjectOf, type UserPrincipal } from '../../../domain/accounts/principal.ts';
import type { CommandRights } from '../../../domain/commands/command-rights.ts';
import type { CommandService } from '../../../domain/commands/command-service.ts';
import type { UnitAccess } from '../../../domain/units/unit-access.ts';
import type { Guards } from '../guards.ts';
import type { HttpApp } from '../http-app.ts';
import { connectionEnd } from '../connection-end.ts';
import { preferredWaitMs } from '../prefer.ts';
import { PROBLEMS } from '../responses.ts';

export interface CommandRoutesDeps {
  readonly guards: Guards;
  readonly access: SiteAccess;
  readonly unitAccess: UnitAccess;
  readonly commandRights: CommandRights;
  readonly commands: CommandService;
}

const tags = ['Commands'];
const UnitParams = z.strictObject({ unitId: UnitId });
const CommandParams = z.strictObject({ commandId: CommandId });

/** Tolerant: every client sends further headers. */
const IssueHeaders = z.object({
  'idempotency-key': z.string().min(1).max(200).optional(),
  prefer: z.string().max(200).optional(),
});

/** Commands to units. */
export function commandRoutes(app: HttpApp, deps: CommandRoutesDeps): void {
  const { guards, access, unitAccess, commandRights, commands } = deps;

  /** A command of a site at which the caller has this permission; to who has no role there, there is none. */
  const commandFor = async (
    caller: UserPrincipal,
    id: CommandId,
    permission: SitePermission,
  ): Promise<CommandTrace> => {
    const found = await commands.get(id);
    if (!found) throw new AppError('command_unknown');
    await access.require(
      caller,
      { siteId: found.command.siteId, unknown: 'command_unknown' },
      permission,
    );
    return found;
  };

  app.post('/api/units/:unitId/commands', {
    onRequest: guards.may('unit.control'),
    // Made of a command that was checked as it came in: the schema is for the document.
    serializerCompiler: () => (answer) => JSON.stringify(answer),
    schema: {
      tags,
      summary: 'Send a command; `Prefer: wait=5` waits for its end',
      params: UnitParams,
      headers: IssueHeaders,
      body: CommandRequest,
      response: { 200: Command, 202: Command, ...PROBLEMS },
    },
    handler: async (request, reply) => {
      const caller = guards.user(request);
      const unit = await commandRights.require(caller, request.body, request.params.unitId);
      request.log.debug(
        { commandId: request.body.id, unitId: unit.id, stage: STAGE.hubReceived },
        'command requested',
      );
      const command = await commands.issue({
        unit,
        request: request.body,
        issuedBy: subjectOf(caller),
        account: caller.userId,
        idempotencyKey: request.headers['idempotency-key'],
      });
      const waitMs = preferredWaitMs(request.headers.prefer);
      if (waitMs === 0) return await reply.status(202).send(command);
      const latest = isFinal(command.state)
        ? command
        : await commands.waitForEnd(command.id, {
            timeoutMs: waitMs,
            by: caller.userId,
            gone: connectionEnd(request),
          });
      reply.header('preference-applied', 'wait');
      return await reply.status(isFinal(latest.state) ? 200 : 202).send(latest);
    },
  });

  app.get('/api/units/:unitId/commands', {
    onRequest: guards.may('site.read'),
    schema: {
      tags,
      summary: 'The commands of a unit, newest first',
      params: UnitParams,
      querystring: CommandListQuery,
      response: { 200: CommandList, ...PROBLEMS },
    },
    handler: async (request) => {
      const caller = guards.user(request);
      const unit = await unitAccess.require(caller, request.params.unitId, 'site.read');
      return { commands: await commands.list(unit, request.query) };
    },
  });

  app.get('/api/commands/:commandId/trace', {
    onRequest: guards.may('site.read'),
    schema: {
      tags,
      summary: 'The trace of a command: its stages and times',
      params: CommandParams,
      response: { 200: CommandTrace, ...PROBLEMS },
    },
    handler: async (request) =>
      await commandFor(guards.user(request), request.params.commandId, 'site.read'),
  });

  app.post('/api/commands/:commandId/cancel', {
    onRequest: guards.may('unit.control'),
    schema: {
      tags,
      summary: 'Cancel a command that has not left for its unit yet',
      params: CommandParams,
      response: { 200: Command, ...PROBLEMS },
    },
    handler: async (request) => {
      const caller = guards.user(request);
      const { command } = await commandFor(caller, request.params.commandId, 'unit.control');
      return await commands.cancel(command.id, requesterOf(caller));
    },
  });
}
