import { z } from 'zod';
import type { Json } from '../json.ts';

/** The short names that discovery messages may have in place of the long ones, as far as these are read. */
const LONG_NAMES: ReadonlyMap<string, string> = new Map([
  ...Object.entries({
    atype: 'automation_type',
    bri_cmd_t: 'brightness_command_topic',
    bri_scl: 'brightness_scale',
    bri_stat_t: 'brightness_state_topic',
    bri_val_tpl: 'brightness_value_template',
    cmd_t: 'command_topic',
    cmd_tpl: 'command_template',
    cmps: 'components',
    dev: 'device',
    dev_cla: 'device_class',
    ent_cat: 'entity_category',
    evt_typ: 'event_types',
    fx_list: 'effect_list',
    max_mirs: 'max_mireds',
    min_mirs: 'min_mireds',
    ops: 'options',
    p: 'platform',
    pl: 'payload',
    pl_cls: 'payload_close',
    pl_off: 'payload_off',
    pl_on: 'payload_on',
    pl_open: 'payload_open',
    pl_prs: 'payload_press',
    pl_stop: 'payload_stop',
    pos_clsd: 'position_closed',
    pos_open: 'position_open',
    pos_t: 'position_topic',
    pos_tpl: 'position_template',
    set_pos_t: 'set_position_topic',
    set_pos_tpl: 'set_position_template',
    stat_cla: 'state_class',
    stat_clsd: 'state_closed',
    stat_closing: 'state_closing',
    stat_off: 'state_off',
    stat_on: 'state_on',
    stat_open: 'state_open',
    stat_opening: 'state_opening',
    stat_stopped: 'state_stopped',
    stat_t: 'state_topic',
    stat_tpl: 'state_template',
    stat_val_tpl: 'state_value_template',
    stype: 'subtype',
    sup_clrm: 'supported_color_modes',
    t: 'topic',
    uniq_id: 'unique_id',
    unit_of_meas: 'unit_of_measurement',
    val_tpl: 'value_template',
  }),
]);

const LONG_DEVICE_NAMES: ReadonlyMap<string, string> = new Map([
  ['ids', 'identifiers'],
  ['cns', 'connections'],
  ['mdl', 'model'],
  ['mf', 'manufacturer'],
]);

const Members = z.record(z.string(), z.unknown());

/** A discovery message, or one component of it, by its long names and with whole topics. */
export class Config {
  readonly #members: ReadonlyMap<string, unknown>;

  private constructor(members: ReadonlyMap<string, unknown>) {
    this.#members = members;
  }

  /** Undefined where it is no JSON object. */
  static of(document: Json | undefined): Config | undefined {
    const members = Members.safeParse(document);
    if (!members.success || Array.isArray(document)) return undefined;
    return new Config(withWholeTopics(longNamed(members.data, LONG_NAMES)));
  }

  has(name: string): boolean {
    const value = this.#members.get(name);
    return value !== undefined && value !== null;
  }

  /** A text, or a number or truth that stands for one: `true` is what JSON of `true` is compared to. */
  text(name: string): string | undefined {
    const value = this.#members.get(name);
    if (typeof value === 'string') return value;
    return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
  }

  number(name: string): number | undefined {
    const value = this.#members.get(name);
    return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
  }

  flag(name: string): boolean {
    return this.#members.get(name) === true;
  }

  texts(name: string): readonly string[] {
    const value = this.#members.get(name);
    if (typeof value === 'string') return [value];
    return Array.isArray(value)
      ? value.flatMap((one) => (typeof one === 'string' ? [one] : []))
      : [];
  }

  get names(): readonly string[] {
    return [...this.#members.keys()];
  }

  /** The device that it belongs to; without it, it stands for itself. */
  get device(): DeviceOfConfig {
    const members = Members.safeParse(this.#members.get('device'));
    const device = new Config(longNamed(members.data ?? {}, LONG_DEVICE_NAMES));
    const [identifier] = device.texts('identifiers');
    const connections = z.array(z.array(z.string())).safeParse(device.#members.get('connections'));
    return {
      id: identifier ?? connections.data?.[0]?.[1],
      name: device.text('name'),
      model: device.text('model'),
      maker: device.text('manufacturer'),
    };
  }

  /**
   * Of a message that describes a whole device: each component has what all of them share. One
   * that is named with its platform alone is removed.
   */
  components(): (readonly [string, Config])[] {
    const components = Members.safeParse(this.#members.get('components'));
    const shared = [...this.#members].filter(([name]) => name !== 'components');
    return Object.entries(components.data ?? {}).flatMap(([id, component]) => {
      const own = Members.safeParse(component);
      if (!own.success) return [];
      const said = longNamed(own.data, LONG_NAMES);
      if ([...said.keys()].every((name) => name === 'platform')) return [];
      const members = new Map([...shared, ...said]);
      return [[id, new Config(withWholeTopics(members))] as const];
    });
  }
}

export interface DeviceOfConfig {
  readonly id: string | undefined;
  readonly name: string | undefined;
  readonly model: string | undefined;
  readonly maker: string | undefined;
}

function longNamed(
  members: Readonly<Record<string, unknown>>,
  longNames: ReadonlyMap<string, string>,
): Map<string, unknown> {
  return new Map(
    Object.entries(members).map(([name, value]) => [longNames.get(name) ?? name, value]),
  );
}

/** `~` at the beginning or end of a topic stands for the base topic. */
function withWholeTopics(members: ReadonlyMap<string, unknown>): Map<string, unknown> {
  const base = members.get('~');
  if (typeof base !== 'string') return new Map(members);
  return new Map(
    [...members].map(([name, value]) => {
      if (typeof value !== 'string' || !name.endsWith('topic')) return [name, value];
      if (value.startsWith('~')) return [name, base + value.slice(1)];
      return [name, value.endsWith('~') ? value.slice(0, -1) + base : value];
    }),
  );
}
