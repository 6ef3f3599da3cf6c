import { type BoardCall, callPayload } from '#protocol/device/board-call.ts';
import { AppError } from '#protocol/errors.ts';
import type { SiteId, UnitId } from '#protocol/ids.ts';
import type { BoardAnswer } from '../../store/board-calls.ts';
import { boardUnitOfName } from '../../store/board-units.ts';
import type { Db } from '../../store/schema.ts';
import { subjectOf } from '../accounts/principal.ts';
import type { CommandRights } from '../commands/command-rights.ts';
import type { CommandService } from '../commands/command-service.ts';
import type { SiteAccess } from '../sites/site-access.ts';
import type { UnitAccess } from '../units/unit-access.ts';
import type { LibpyiotcloudCaller } from './accounts.ts';
import { ANSWER_MS, type CallOutcome } from './call-queue.ts';
import type { DeviceCalls } from './device-calls.ts';
import type { LibpyiotcloudDevices } from './devices.ts';
import { unitCall } from './unit-call.ts';

export interface BoardCallerDeps {
  readonly db: Db;
  readonly access: SiteAccess;
  readonly unitAccess: UnitAccess;
  readonly commandRights: CommandRights;
  readonly commands: CommandService;
  readonly deviceCalls: DeviceCalls;
  readonly devices: LibpyiotcloudDevices;
}

/** Calls a board by its name: an MQTT device, or a board of our firmware behind a base. */
export class BoardCaller {
  readonly #deps: BoardCallerDeps;

  constructor(deps: BoardCallerDeps) {
    this.#deps = deps;
  }

  /** @throws AppError `device_unknown`; `forbidden` where role or token are not enough. */
  async call(
    { caller, siteId }: LibpyiotcloudCaller,
    name: string,
    call: BoardCall,
  ): Promise<CallOutcome> {
    const { access, devices, deviceCalls } = this.#deps;
    // Reading is no less than control: it makes a pin an input.
    await access.require(caller, siteId, 'unit.control');
    const device = await devices.find(siteId, name);
    if (device) return await deviceCalls.call(device, call, subjectOf(caller));
    const unitId = await this.#unit(siteId, name);
    return await this.#callUnit(caller, unitId, call);
  }

  /** What the board last answered to this. */
  async last(siteId: SiteId, name: string, call: BoardCall): Promise<BoardAnswer | undefined> {
    const device = await this.#deps.devices.find(siteId, name);
    return device && (await this.#deps.deviceCalls.last(device, call));
  }

  async #unit(siteId: SiteId, name: string): Promise<UnitId> {
    const unitId = await boardUnitOfName(this.#deps.db, siteId, name);
    if (unitId === undefined) throw new AppError('device_unknown');
    return unitId;
  }

  async #callUnit(
    caller: LibpyiotcloudCaller['caller'],
    unitId: UnitId,
    call: BoardCall,
  ): Promise<CallOutcome> {
    const { unitAccess, commandRights, commands } = this.#deps;
    const { description } = await unitAccess.require(caller, unitId, 'unit.control');
    const asCommand = description && unitCall(call, description);
    if (!asCommand) return { kind: 'silent' };
    const request = { verb: 'invoke', ttlMs: ANSWER_MS, ...asCommand.request } as const;
    const unit = await commandRights.require(caller, request, unitId);
    const { id } = await commands.issue({
      ...{ unit, request },
      ...{ issuedBy: subjectOf(caller), account: caller.userId },
    });
    const ended = await commands.waitForEnd(id, { timeoutMs: ANSWER_MS, by: caller.userId });
    if (ended.state !== 'succeeded') return { kind: 'silent' };
    const answer = asCommand.answerOf(ended.output);
    if (answer === undefined) return { kind: 'unreadable' };
    return { kind: 'answered', text: callPayload({ api: call.api, args: answer }) };
  }
}
