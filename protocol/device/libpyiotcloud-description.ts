import { MappingBuilder } from './mapping-builder.ts';
import type { DescribedDevice, SelfDescription } from './self-description.ts';

/** The pin that the board's own example programs use. */
const PIN = 12;
const READ_VALUES = [
  { name: 'clock', title: 'Clock', call: 'get_rtc', type: 'integer' },
  { name: 'mac', title: 'MAC address', call: 'get_mac', type: 'string' },
  { name: 'ip', title: 'IP address', call: 'get_ip', type: 'string' },
  { name: 'subnet', title: 'Subnet', call: 'get_subnet', type: 'string' },
  { name: 'gateway', title: 'Gateway', call: 'get_gateway', type: 'string' },
] as const;

/**
 * A board with libpyiotcloud. It says nothing of itself: whoever has one chooses this. It hears
 * `<client id>/<call>` and answers at `server/<client id>/<call>`; its parser wants one space
 * after each colon and comma, so whole payloads stand for the values.
 */
export function libpyiotcloudDescription({ clientId, name }: DescribedDevice): SelfDescription[] {
  const builder = new MappingBuilder();
  const request = (call: string): string => `${clientId}/${call}`;
  const answer = (call: string): string => `server/${clientId}/${call}`;
  const words = {
    [`{"number": ${PIN}, "value": 1}`]: true,
    [`{"number": ${PIN}, "value": 0}`]: false,
  };
  const form = { kind: 'text', words } as const;
  builder.property({
    ...{ name: `pin${PIN}`, title: `Pin ${PIN}`, schema: { type: 'boolean' } },
    source: { topic: answer('set_gpio'), form },
    target: { topic: request('set_gpio'), form, confirmation: 'state' },
  });
  builder.property({
    ...{ name: 'status', title: 'Status', schema: { type: 'string' } },
    source: { topic: answer('get_status'), form: { kind: 'json', pointer: '/status' } },
  });
  builder.action(requestOf('status', 'Ask for the status', request('get_status')));
  for (const { name: value, title, call, type } of READ_VALUES) {
    builder.property({
      ...{ name: value, title, schema: { type } },
      source: { topic: answer(call), form: { kind: 'json', pointer: '/value' } },
    });
    builder.action(requestOf(value, `Ask for: ${title}`, request(call)));
  }
  builder.action({
    ...{ name: 'restart', title: 'Restart', topic: request('set_status') },
    ...{ payload: '{"status": "restart"}', confirmation: 'delivery' },
  });
  builder.leaveOut('set_rtc, set_mac, write_uart', 'need a space in a payload that has any value');
  builder.leaveOut('get_gpio, set_gpio', `of other pins than ${PIN} are not read`);
  const model = 'libpyiotcloud board';
  const built = builder.build({ id: 'libpyiotcloud', form: 'libpyiotcloud', title: name, model });
  return built ? [built] : [];
}

/** It reports a value only on request. */
function requestOf(value: string, title: string, topic: string) {
  return { name: `ask ${value}`, title, topic, payload: '{}', confirmation: 'delivery' } as const;
}
