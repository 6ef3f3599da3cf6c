import { generateKeyPairSync } from 'node:crypto';
import type { CommandOutcome } from '#protocol/command/command-state.ts';
import type { BaseEventBody } from '#protocol/hub-link/base-events.ts';
import { parseClaimCode } from '#protocol/hub-link/claim-code.ts';
import { type CommandId, Epoch, EventId, newId } from '#protocol/ids.ts';
import { atTestEnd, temporaryFolder } from '#platform/testing/cleanup.ts';
import { itCarriesCommands, type RoutedUnit } from '../../testing/command-route.contract.ts';
import { finished } from '../../testing/lamp-site.ts';
import { ModelBase } from '../../testing/model/model-base.ts';
import { ModelHub, furnishFolder } from '../../testing/model/model-hub.ts';
import { ModelLink } from '../../testing/model/model-link.ts';
import type { KnownBase } from './base-directory.ts';

/** A lamp behind a base that follows the documents to the letter, and is there when the test says so. */
async function lampBehindBase(): Promise<RoutedUnit> {
  const { folder, baseId, siteId, unitIds } = await furnishFolder(temporaryFolder(atTestEnd));
  const hub = await ModelHub.open(folder);
  atTestEnd.add(() => hub.close());
  const [unitId] = unitIds;
  if (!unitId) throw new Error('no unit');
  const base = new ModelBase();
  let link: ModelLink | undefined;

  const report = async (
    from: KnownBase,
    epoch: Epoch,
    events: readonly (BaseEventBody & { seq: number })[],
  ) => {
    const numbered = events.map((event) => ({ id: newId(EventId), ...event }));
    return hub.services.intake.ingest(from, { epoch, clockOffsetMs: 0, events: numbered });
  };
  const endOf = (id: CommandId, outcome: CommandOutcome) =>
    finished(id, { outcome, trace: [{ stage: 'base_recorded', atMs: hub.clock.nowMs() }] });

  /** @returns how many reports were refused. */
  const settle = async (): Promise<number> => {
    await hub.settle();
    while (link && !link.isIdle) {
      link.deliver('toHub', Infinity);
      link.deliver('toBase', Infinity);
      await hub.settle();
    }
    const news = base.events.filter(({ isSettled }) => !isSettled);
    if (news.length === 0) return 0;
    for (const event of news) event.isSettled = true;
    const known = await hub.base(baseId);
    const receipt = await report(
      known,
      base.outboxEpoch,
      news.map(({ seq, body }) => ({ seq, ...body })),
    );
    await hub.settle();
    return receipt.refused.length;
  };

  const otherBase = async (): Promise<KnownBase> => {
    const { baseService } = hub.services;
    const made = await baseService.createClaimCode({ siteId, baseName: 'Shed', createdBy: null });
    const publicKey = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }).x ?? '';
    const secret = parseClaimCode(made.code)?.secret ?? '';
    const claimed = await baseService.claim({ secret, publicKey, version: '0.1.0' });
    return hub.base(claimed.baseId);
  };

  return {
    ...{ hub, unitId, awayCode: 'base_offline' },
    arrive: async () => {
      link = new ModelLink({ hub, base, baseId });
      link.open();
      await settle();
    },
    leave: async () => {
      link?.closeAtHub();
      link = undefined;
      await settle();
    },
    given: () => [...base.held.values()].map(({ command }) => command),
    begin: (id) => {
      const held = base.held.get(id);
      if (!held) throw new Error('it has no such command');
      held.isWritten = true;
    },
    report: async (id, ...outcomes) => {
      for (const outcome of outcomes) base.append(endOf(id, outcome));
      return settle();
    },
    forge: async (id, outcome) => {
      const receipt = await report(await otherBase(), newId(Epoch), [
        { seq: 1, ...endOf(id, outcome) },
      ]);
      return receipt.refused[0]?.code;
    },
    settle: async () => {
      await settle();
    },
  };
}

itCarriesCommands('the log of a base', lampBehindBase);
