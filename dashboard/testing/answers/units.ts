import { CommandRequest } from '#protocol/http/commands.ts';
import { UnitRequest } from '#protocol/http/unit-request.ts';
import { UnitChange } from '#protocol/http/units.ts';
import { CommandId } from '#protocol/ids.ts';
import { fakeHistory } from '../fake-readings.ts';
import type { FakeSite } from '../fake-site.ts';
import { LAMP_THING } from '../fake-things.ts';
import { type Answer, type Call, DONE, ok, problem } from './answer.ts';

/** A new unit connects after a moment, as one that is there would. */
const CONNECTS_AFTER_MS = 1_500;

/** `/api/sites/:id/units`: a new unit. */
export function newUnitAnswer(site: FakeSite, call: Call): Answer {
  const wanted = UnitRequest.parse(call.body);
  const { endpoint } = wanted;
  const base = endpoint.kind === 'base' ? site.bases.get(endpoint.baseId) : undefined;
  if (!base) return problem('base_unknown');
  const { name, place } = wanted;
  const unit = site.addUnit(base, { name, place, thing: null, state: 'init' });
  setTimeout(() => {
    const presence = { ...unit.presence, state: 'ready' as const };
    site.putUnit({ ...unit, description: LAMP_THING, presence });
  }, CONNECTS_AFTER_MS).unref();
  return { status: 201, body: unit };
}

interface UnitCall {
  readonly call: Call;
  readonly id: string;
  readonly part: string;
}

/** `/api/units/:id/:part` */
export function unitAnswer(site: FakeSite, { call, id, part }: UnitCall): Answer {
  const unit = site.units.get(id);
  if (!unit) return problem('unit_unknown');
  if (part === 'commands') {
    if (call.method === 'POST') {
      return { status: 202, body: site.send(unit, CommandRequest.parse(call.body)) };
    }
    const all = [...site.commands.values()].map(({ command }) => command);
    return ok({ commands: all.filter((command) => command.unitId === id).reverse() });
  }
  if (part === 'history') return ok(fakeHistory(call.query, id));
  if (call.method === 'DELETE') {
    site.removeUnit(unit.id);
    return DONE;
  }
  if (call.method === 'PATCH') {
    const { name = unit.name, place = unit.place, endpoint } = UnitChange.parse(call.body);
    const at = unit.endpoint.kind === 'base' ? { ...unit.endpoint, ...endpoint } : unit.endpoint;
    const next = { ...unit, name, place, endpoint: at };
    site.putUnit(next);
    return ok(next);
  }
  return ok(unit);
}

/** `/api/commands/:id/:part` */
export function commandAnswer(site: FakeSite, id: string, part: string): Answer {
  const entry = site.commands.get(id);
  if (!entry) return problem('command_unknown');
  if (part === 'cancel') return ok(site.cancel(CommandId.parse(id)));
  return ok({ command: entry.command, steps: entry.trace });
}
