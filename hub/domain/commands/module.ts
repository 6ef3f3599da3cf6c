import { Sweeper } from '../../kernel/sweeper.ts';
import type { Module } from '#platform/assembly.ts';
import { WRITERS } from '../../store/writers.ts';
import { bringCommandsBack } from '../../store/future-rows.ts';
import type { Foundation } from '../../store/module.ts';
import type { BasesOffers } from '../bases/module.ts';
import type { SitesOffers } from '../sites/module.ts';
import type { UnitsOffers } from '../units/module.ts';
import { commandPruner } from './command-pruner.ts';
import { CommandReports } from './command-reports.ts';
import { CommandRights } from './command-rights.ts';
import { CommandRouter } from './command-router.ts';
import { CommandService } from './command-service.ts';
import { CommandStates } from './command-states.ts';
import { DeviceRoute } from './device-route.ts';
import { LiveProgress } from './live-progress.ts';

export interface CommandsNeeds
  extends
    Foundation,
    Pick<SitesOffers, 'access'>,
    Pick<BasesOffers, 'baseLogRoute'>,
    Pick<UnitsOffers, 'directory' | 'unitAccess' | 'owned' | 'values'> {}

export interface CommandsOffers {
  readonly live: LiveProgress;
  readonly commandSweeper: Sweeper;
  readonly commands: CommandService;
  readonly commandRights: CommandRights;
  readonly commandReports: CommandReports;
}

export function commandsModule(needs: CommandsNeeds): Module<CommandsOffers> {
  const { unitOfWork, clock, clockWatch } = needs;
  const log = needs.log.child({ component: 'commands' });
  const live = new LiveProgress();
  const commandSweeper = new Sweeper({ ...needs, log });
  const states = new CommandStates({ ...needs, live, sweeper: commandSweeper, log });
  const router = new CommandRouter({ base: needs.baseLogRoute, device: new DeviceRoute() });
  const commands = new CommandService({ ...needs, log, states, live, router });
  const commandRights = new CommandRights(needs);
  const commandReports = new CommandReports({ ...needs, states, live });
  const pruner = commandPruner({ ...needs, log });
  /** It was ahead, or is wrong now, and no command shall wait for that. */
  const clockSetBack = async (): Promise<void> => {
    const nowMs = clock.nowMs();
    const count = await unitOfWork.run(({ tx }) => bringCommandsBack(tx, nowMs), WRITERS.hub);
    if (count > 0) log.warn({ count }, 'commands issued in the future, reset to now');
  };
  return {
    offers: { live, commandSweeper, commands, commandRights, commandReports },
    start: () => {
      clockWatch.onStep((stepMs) => {
        const put = stepMs > 0 ? Promise.resolve() : clockSetBack();
        void put
          .catch((error: unknown) => log.error({ err: error }, 'future commands not reset'))
          .finally(() => commandSweeper.recheck());
      });
      commandSweeper.start(() => commands.sweep());
      pruner.start();
    },
    close: () => {
      pruner.close();
      commandSweeper.close();
    },
    gauges: () => ({ followed: live.size }),
  };
}
