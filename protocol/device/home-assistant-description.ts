import { jsonOf } from './announced-json.ts';
import { addComponent, type Component } from './home-assistant-components.ts';
import { Config, type DeviceOfConfig } from './home-assistant-config.ts';
import { MappingBuilder } from './mapping-builder.ts';
import { type Announcement, DESCRIPTION_BOUNDS, type SelfDescription } from './self-description.ts';

/** `homeassistant/<component>/[<node>/]<object>/config`; the component is `device` for a whole one. */
const TOPIC = /^homeassistant\/([a-z_]+)\/(?:([\w-]+)\/)?([\w-]+)\/config$/;
const WHOLE_DEVICE = 'device';
const ID_START = 'homeassistant:';

export function isHomeAssistantTopic(topic: string): boolean {
  return TOPIC.test(topic);
}

interface Found {
  readonly device: DeviceOfConfig;
  readonly component: Component;
}

/** Each device that discovery messages of Home Assistant describe, as bridges and boards send them. */
export function homeAssistantDescriptions(
  announcements: readonly Announcement[],
): SelfDescription[] {
  const byDevice = new Map<string, Found[]>();
  for (const { topic, payload } of announcements) {
    const [, platform, node, object] = TOPIC.exec(topic) ?? [];
    const config = Config.of(jsonOf(payload));
    // A message that announces a move to another form of discovery describes nothing.
    if (platform === undefined || object === undefined || !config) continue;
    if (config.has('migrate_discovery')) continue;
    const { device } = config;
    const id = device.id ?? node ?? object;
    const components: Component[] =
      platform === WHOLE_DEVICE
        ? config.components().map(([objectId, component]) => ({
            ...{ objectId, config: component },
            platform: component.text('platform') ?? '',
          }))
        : [{ platform, objectId: object, config }];
    const before = byDevice.get(id) ?? [];
    byDevice.set(id, [...before, ...components.map((component) => ({ device, component }))]);
  }
  return [...byDevice].flatMap(([id, found]) => describedBy(id, found) ?? []);
}

function describedBy(id: string, found: readonly Found[]): SelfDescription | undefined {
  const builder = new MappingBuilder();
  const seen = new Set<string>();
  for (const { component } of found) {
    // Announced alone, and with the whole device.
    const uniqueId = component.config.text('unique_id');
    const key = `${component.platform} ${uniqueId ?? component.objectId}`;
    if (uniqueId !== undefined && seen.has(key)) continue;
    seen.add(key);
    addComponent(builder, component);
  }
  const devices = found.map(({ device }) => device);
  const title = devices.find(({ name }) => name !== undefined)?.name ?? id;
  const model = devices.find((device) => device.model !== undefined)?.model ?? title;
  return builder.build({
    id: (ID_START + id).slice(0, DESCRIPTION_BOUNDS.idChars),
    form: 'homeassistant',
    ...{ title, model },
  });
}
