import { onTestFinished } from 'vitest';
import { STAGE } from '#protocol/command/command-stage.ts';
import { Command, type IssuedCommand } from '#protocol/command/command.ts';
import type { CommandFinished } from '#protocol/hub-link/base-events.ts';
import { CommandTrace } from '#protocol/http/commands.ts';
import { UnitView } from '#protocol/http/units.ts';
import type { CommandId, UnitId } from '#protocol/ids.ts';
import { type FakeBase, pairBase } from './fake-base.ts';
import type { Answer } from './hub-client.ts';
import {
  type Owner,
  type TestHub,
  type TestHubOptions,
  signUpOwner,
  startTestHub,
} from './test-hub.ts';
import { describedLamp } from './things.ts';

/** A hub with an owner, a base that is online, and a described lamp. */
export interface LampSite {
  readonly hub: TestHub;
  readonly owner: Owner;
  readonly base: FakeBase;
  readonly unitId: UnitId;
}

export async function startLampSite(
  options: TestHubOptions & { readonly online?: boolean } = {},
): Promise<LampSite> {
  const hub = await startTestHub(options);
  const owner = await signUpOwner(hub);
  const base = await pairBase(hub, owner);
  onTestFinished(() => base.disconnect());
  const unit = await addUnit({ owner, base }, '192.0.2.10');
  await base.send({ type: 'unit.described', data: describedLamp(unit.id) });
  if (options.online !== false) await base.goOnline();
  return { hub, owner, base, unitId: unit.id };
}

export async function addUnit(
  site: { readonly owner: Owner; readonly base: FakeBase },
  host: string,
): Promise<UnitView> {
  return await site.owner.client.request(UnitView, {
    path: `/api/sites/${site.owner.siteId}/units`,
    body: {
      name: 'Lamp',
      endpoint: { kind: 'base', baseId: site.base.id, address: { host, port: 8888 } },
    },
  });
}

export async function sendCommand(
  site: LampSite,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  return await site.owner.client.call({
    path: `/api/units/${site.unitId}/commands`,
    body,
    headers,
  });
}

export async function issue(site: LampSite, body: object): Promise<Command> {
  const answer = await sendCommand(site, body);
  if (answer.status !== 202) throw new Error(JSON.stringify(answer.body));
  return Command.parse(answer.body);
}

export async function traceOf(site: LampSite, id: CommandId): Promise<CommandTrace> {
  return await site.owner.client.request(CommandTrace, { path: `/api/commands/${id}/trace` });
}

/** The next command that the base gets for this id. */
export async function commandAtBase(site: LampSite, id: CommandId): Promise<IssuedCommand> {
  const entry = await site.base.nextEntry(
    (candidate) => candidate.type === 'command.issued' && candidate.data.id === id,
  );
  if (entry.type !== 'command.issued') throw new Error('not a command');
  return entry.data;
}

const STAGES_AT_BASE = [
  STAGE.baseJournalled,
  STAGE.baseRouted,
  STAGE.baseDequeued,
  STAGE.baseWritten,
  STAGE.baseMatched,
];

export function finished(
  commandId: CommandId,
  change: Partial<CommandFinished> = {},
): { type: 'command.finished'; data: CommandFinished } {
  const atMs = Date.now();
  return {
    type: 'command.finished',
    data: {
      commandId,
      outcome: 'succeeded',
      trace: STAGES_AT_BASE.map((stage) => ({ stage, atMs })),
      ...change,
    },
  };
}
