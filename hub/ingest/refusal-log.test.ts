import { pino } from 'pino';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { BatchReceipt } from '#protocol/hub-link/base-events.ts';
import { UnitId, newId } from '#protocol/ids.ts';
import { startLampSite } from '../testing/lamp-site.ts';

const Line = z.object({
  msg: z.string(),
  code: z.string().optional(),
  count: z.number().optional(),
});

it('logs refusals of a base by kind, and not endlessly', async () => {
  const lines: z.infer<typeof Line>[] = [];
  const log = pino({}, { write: (text: string) => void lines.push(Line.parse(JSON.parse(text))) });
  const { base } = await startLampSite({ log, online: false });
  const meaningless = () => ({ type: 'unit.event' as const, data: { unitId: newId(UnitId) } });
  for (let count = 0; count < 40; count += 1) {
    const answer = await base.post(base.batch(Array.from({ length: 50 }, meaningless)));
    expect(BatchReceipt.parse(answer.body).refused).toHaveLength(50);
  }
  const refused = lines.filter(({ msg }) => msg.startsWith('event'));
  expect(refused.length).toBe(30);
  expect(refused[0]).toMatchObject({ code: 'event_invalid', count: 50 });
});
