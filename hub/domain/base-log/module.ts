import type { Module } from '#platform/assembly.ts';
import type { Foundation } from '../../store/module.ts';
import type { BasesOffers } from '../bases/module.ts';
import type { CommandsOffers } from '../commands/module.ts';
import { BaseLogService } from './base-log-service.ts';

export interface BaseLogOffers {
  readonly logs: BaseLogService;
}

export function baseLogModule(
  needs: Foundation & Pick<BasesOffers, 'baseShares'> & Pick<CommandsOffers, 'commandReports'>,
): Module<BaseLogOffers> {
  const { baseShares: shares, commandReports: reports } = needs;
  const log = needs.log.child({ component: 'base-log' });
  return { offers: { logs: new BaseLogService({ ...needs, shares, reports, log }) } };
}
