import type { Module } from '#platform/assembly.ts';
import { Signal } from '#platform/signal.ts';
import type { CommandProgress } from '#protocol/hub-link/socket-events.ts';
import type { OutboxOffers } from '../outbox/module.ts';
import type { Foundation } from '../store/module.ts';
import type { UnitsOffers } from '../units/module.ts';
import { CommandRouter } from './command-router.ts';

export interface CommandsNeeds
  extends Foundation, Pick<OutboxOffers, 'writer'>, Pick<UnitsOffers, 'registry'> {
  /** The hub's clock, as well as it is known. */
  readonly offset: { readonly hubNowMs: () => number };
}

export interface CommandsOffers {
  readonly router: CommandRouter;
  /** How far a slow command is. Best effort; nothing depends on it. */
  readonly progress: Pick<Signal<CommandProgress>, 'follow'>;
}

export function commandsModule(needs: CommandsNeeds): Module<CommandsOffers> {
  const { offset, registry } = needs;
  const progress = new Signal<CommandProgress>();
  const router = new CommandRouter({
    ...needs,
    log: needs.log.child({ component: 'commands' }),
    units: registry,
    hubNowMs: () => offset.hubNowMs(),
    progress: progress.emit,
  });
  return {
    offers: { router, progress },
    start: () => {
      router.start();
    },
    close: () => {
      router.close();
    },
  };
}
