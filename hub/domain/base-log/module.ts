import type { Module } from '#platform/assembly.ts';
import type { Foundation } from '../../store/module.ts';
import type { BasesOffers } from '../bases/module.ts';
import type { CommandsOffers } from '../commands/module.ts';
import type { UnitsOffers } from '../units/module.ts';
import { BaseLogService } from './base-log-service.ts';
import { LoggedCommands } from './logged-commands.ts';

export interface BaseLogOffers {
  readonly logs: BaseLogService;
  readonly loggedCommands: LoggedCommands;
}

export function baseLogModule(
  needs: Foundation &
    Pick<BasesOffers, 'baseShares'> &
    Pick<UnitsOffers, 'owned'> &
    Pick<CommandsOffers, 'commandReports' | 'live'>,
): Module<BaseLogOffers> {
  const { baseShares: shares, commandReports: reports } = needs;
  const log = needs.log.child({ component: 'base-log' });
  const loggedCommands = new LoggedCommands({ ...needs, shares, reports });
  const logs = new BaseLogService({ ...needs, shares, reports, commands: loggedCommands, log });
  return { offers: { logs, loggedCommands } };
}
