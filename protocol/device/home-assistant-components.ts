import type { ScalarSchema } from '../thing/data-schema.ts';
import { LIMITS } from '../limits.ts';
import type { Config } from './home-assistant-config.ts';
import { formOfCommandTemplate, formOfTemplate } from './home-assistant-template.ts';
import { type MappingBuilder, unitOf } from './mapping-builder.ts';
import type { PayloadForm } from './payload-form.ts';

/** A component of a device, such as one of its sensors. */
export interface Component {
  /** What it is: `sensor`, `light`. */
  readonly platform: string;
  /** The last level of its topic, or its id within the message of its device. */
  readonly objectId: string;
  readonly config: Config;
}

type Add = (builder: MappingBuilder, component: Component) => void;

const COMPONENTS: ReadonlyMap<string, Add> = new Map<string, Add>([
  ['sensor', addSensor],
  ['binary_sensor', addBinarySensor],
  ['switch', addSwitch],
  ['light', addLight],
  ['number', addNumber],
  ['select', addSelect],
  ['text', addText],
  ['button', addButton],
  ['cover', addCover],
  ['event', addEvent],
  ['device_automation', addTrigger],
]);

/** Adds what a component is of a unit, and says what of it is not understood. */
export function addComponent(builder: MappingBuilder, component: Component): void {
  const add = COMPONENTS.get(component.platform);
  if (add) add(builder, component);
  else builder.leaveOut(component.objectId, `a ${component.platform} is not read`);
}

type Words = Readonly<Record<string, boolean>>;

interface Source {
  readonly topic: string;
  readonly form: PayloadForm;
  readonly isOptional?: boolean;
}

function addSensor(builder: MappingBuilder, component: Component): void {
  const { config } = component;
  const unit = config.text('unit_of_measurement');
  const options = config.texts('options');
  const isNumber = unit !== undefined || config.has('state_class') || isMeasured(config);
  const schema: ScalarSchema = isNumber
    ? { type: 'number', ...unitOf(unit) }
    : { type: 'string', ...choicesOf(options) };
  const source = sourceOf(builder, component);
  if (source) builder.property({ ...named(component), schema, source });
}

function addBinarySensor(builder: MappingBuilder, component: Component): void {
  const { config } = component;
  const source = sourceOf(builder, component, {
    words: wordsOf(config.text('payload_on') ?? 'ON', config.text('payload_off') ?? 'OFF'),
  });
  if (source) builder.property({ ...named(component), schema: { type: 'boolean' }, source });
}

function addSwitch(builder: MappingBuilder, component: Component): void {
  addOnOff(builder, component, { name: component.objectId, template: 'value_template' });
}

/** On and off, as switches have it and lights of the first schema. */
function addOnOff(
  builder: MappingBuilder,
  component: Component,
  {
    name,
    template,
    semantic,
  }: { readonly name: string; readonly template: string; readonly semantic?: string },
): void {
  const { config } = component;
  const on = config.text('payload_on') ?? 'ON';
  const off = config.text('payload_off') ?? 'OFF';
  const source = config.has('state_topic')
    ? sourceOf(builder, component, {
        template,
        words: wordsOf(config.text('state_on') ?? on, config.text('state_off') ?? off),
      })
    : undefined;
  settable(builder, {
    ...{ ...named(component), name, ...(semantic === undefined ? {} : { semantic }) },
    schema: { type: 'boolean' },
    ...{ source, topic: config.text('command_topic') },
    form: { kind: 'text', words: wordsOf(on, off) },
  });
}

const DEFAULT_SCALE = 255;

function addLight(builder: MappingBuilder, component: Component): void {
  const { config, objectId } = component;
  const schema = config.text('schema') ?? 'basic';
  const isPlain = objectId === 'light';
  const on = isPlain ? 'on' : objectId;
  const names = { on, of: (what: string) => (isPlain ? what : `${objectId}-${what}`) };
  if (schema === 'json') addJsonLight(builder, component, names);
  else if (schema === 'basic' || schema === 'default') addBasicLight(builder, component, names);
  else builder.leaveOut(objectId, `a light by ${schema} is not read`);
}

interface LightNames {
  readonly on: string;
  readonly of: (what: string) => string;
}

function addBasicLight(builder: MappingBuilder, component: Component, names: LightNames): void {
  const { config, objectId } = component;
  const template = config.has('state_value_template') ? 'state_value_template' : 'value_template';
  addOnOff(builder, component, { name: names.on, template, semantic: 'light.switch' });
  if (config.has('brightness_command_topic')) {
    const source = config.has('brightness_state_topic')
      ? sourceOf(builder, component, {
          topic: 'brightness_state_topic',
          template: 'brightness_value_template',
        })
      : undefined;
    settable(builder, {
      ...{
        ...named(component),
        name: names.of('brightness'),
        title: titleOf(component, 'brightness'),
      },
      ...{ semantic: 'light.brightness', schema: brightnessOf(config), source },
      ...{ topic: config.text('brightness_command_topic'), form: { kind: 'text' } },
    });
  }
  const others = config.names.filter((name) => /^(?!brightness_).+_command_topic$/.test(name));
  for (const name of others) builder.leaveOut(objectId, `${name} of a light is not read`);
}

const SWITCHED = { ON: true, OFF: false };
/** Of `supported_color_modes`: those that are no brightness. */
const COLOUR_MODES = /^(?:hs|xy|rgb|rgbw|rgbww|color_temp|white)$/;

function addJsonLight(builder: MappingBuilder, component: Component, names: LightNames): void {
  const { config, objectId } = component;
  const topic = config.text('command_topic');
  const stateTopic = config.text('state_topic');
  const add = (
    at: string,
    of: Pick<Settable, 'name' | 'title' | 'schema' | 'semantic'> & { readonly words?: Words },
  ): void => {
    const { words, ...rest } = of;
    const form = { kind: 'json', pointer: `/${at}`, ...(words ? { words } : {}) } as const;
    settable(builder, {
      ...{ ...named(component), ...rest, topic },
      source: stateTopic === undefined ? undefined : { topic: stateTopic, form, isOptional: true },
      // What is set is to be seen: it is switched on with it.
      form: at === 'state' ? form : { ...form, rest: { state: 'ON' } },
    });
  };
  add('state', {
    ...{ name: names.on, title: titleOf(component), semantic: 'light.switch' },
    ...{ schema: { type: 'boolean' }, words: SWITCHED },
  });
  const modes = config.texts('supported_color_modes');
  if (config.flag('brightness') || modes.some((mode) => mode !== 'onoff')) {
    add('brightness', {
      ...{ name: names.of('brightness'), title: titleOf(component, 'brightness') },
      ...{ semantic: 'light.brightness', schema: brightnessOf(config) },
    });
  }
  if (modes.includes('color_temp')) {
    const minimum = config.number('min_mireds') ?? 153;
    const maximum = config.number('max_mireds') ?? 500;
    add('color_temp', {
      ...{ name: names.of('colorTemperature'), title: titleOf(component, 'colour temperature') },
      schema: { type: 'integer', unit: 'mired', minimum, maximum },
    });
  }
  const effects = config.texts('effect_list');
  if (effects.length > 0) {
    add('effect', {
      ...{ name: names.of('effect'), title: titleOf(component, 'effect') },
      schema: { type: 'string', ...choicesOf(effects) },
    });
  }
  if (modes.some((mode) => COLOUR_MODES.test(mode) && mode !== 'color_temp')) {
    builder.leaveOut(objectId, 'its colour is several numbers, which are not read as one');
  }
}

function addNumber(builder: MappingBuilder, component: Component): void {
  const { config } = component;
  const minimum = config.number('min') ?? 1;
  const maximum = config.number('max') ?? 100;
  const multipleOf = config.number('step') ?? 1;
  const unit = unitOf(config.text('unit_of_measurement'));
  const schema = { type: 'number', minimum, maximum, multipleOf, ...unit } as const;
  addSettable(builder, component, schema);
}

function addSelect(builder: MappingBuilder, component: Component): void {
  addSettable(builder, component, {
    type: 'string',
    ...choicesOf(component.config.texts('options')),
  });
}

function addText(builder: MappingBuilder, component: Component): void {
  const maxLength = component.config.number('max') ?? 255;
  addSettable(builder, component, { type: 'string', maxLength });
}

function addButton(builder: MappingBuilder, component: Component): void {
  const { config, objectId } = component;
  const topic = config.text('command_topic');
  if (topic === undefined) builder.leaveOut(objectId, 'names no command topic');
  else
    addPress(builder, component, { name: objectId, topic, payload: 'payload_press', by: 'PRESS' });
}

const COVER_ACTIONS = [
  { what: 'open', payload: 'payload_open', by: 'OPEN' },
  { what: 'close', payload: 'payload_close', by: 'CLOSE' },
  { what: 'stop', payload: 'payload_stop', by: 'STOP' },
] as const;
const COVER_STATES = ['open', 'opening', 'closed', 'closing', 'stopped'] as const;

function addCover(builder: MappingBuilder, component: Component): void {
  const { config, objectId } = component;
  const isPlain = objectId === 'cover';
  const of = (what: string): string => (isPlain ? what : `${objectId}-${what}`);
  const topic = config.text('command_topic');
  if (topic !== undefined) {
    for (const { what, ...press } of COVER_ACTIONS) {
      const title = titleOf(component, what);
      addPress(builder, component, { name: of(what), title, topic, ...press });
    }
  }
  if (config.has('state_topic')) {
    const words = Object.fromEntries(
      COVER_STATES.map((state) => [config.text(`state_${state}`) ?? state, state]),
    );
    const source = sourceOf(builder, component, { words });
    const schema: ScalarSchema = { type: 'string', enum: [...COVER_STATES] };
    const title = titleOf(component, 'state');
    if (source) builder.property({ ...named(component), name: of('state'), title, schema, source });
  }
  const open = config.number('position_open') ?? 100;
  const closed = config.number('position_closed') ?? 0;
  if (!config.has('position_topic') && !config.has('set_position_topic')) return;
  const source = config.has('position_topic')
    ? sourceOf(builder, component, { topic: 'position_topic', template: 'position_template' })
    : undefined;
  const form = formOfCommandTemplate(config.text('set_position_template'));
  if (!form) builder.leaveOut(objectId, NO_TEMPLATE('set_position_template'));
  settable(builder, {
    ...{ ...named(component), name: of('position'), title: titleOf(component, 'position') },
    schema: {
      type: 'integer',
      ...{ minimum: Math.min(open, closed), maximum: Math.max(open, closed), unit: '%' },
    },
    ...{ source, form, topic: form && config.text('set_position_topic') },
  });
}

/** One of several, at a place of its JSON. */
function addEvent(builder: MappingBuilder, component: Component): void {
  const { config, objectId } = component;
  const topic = config.text('state_topic');
  if (topic === undefined) {
    builder.leaveOut(objectId, 'names no state topic');
    return;
  }
  const form = { kind: 'json', pointer: '/event_type' } as const;
  const schema = { type: 'string', ...choicesOf(config.texts('event_types')) } as const;
  builder.event({ ...named(component), topic, data: { schema, form } });
}

/** Something that happens to a device, such as that its button is pressed. */
function addTrigger(builder: MappingBuilder, component: Component): void {
  const { config, objectId } = component;
  const topic = config.text('topic');
  const payload = config.text('payload');
  if (topic === undefined || config.has('value_template')) {
    builder.leaveOut(objectId, 'is no trigger by the payload of a topic');
    return;
  }
  const title = [config.text('subtype'), config.text('type')].filter(Boolean).join(' ');
  const name = title === '' ? objectId : title;
  builder.event({ name, title: name, topic, ...(payload === undefined ? {} : { payload }) });
}

function addSettable(builder: MappingBuilder, component: Component, schema: ScalarSchema): void {
  const { config, objectId } = component;
  const source = config.has('state_topic') ? sourceOf(builder, component) : undefined;
  const form = formOfCommandTemplate(config.text('command_template'));
  if (!form) builder.leaveOut(objectId, NO_TEMPLATE('command_template'));
  const topic = form && config.text('command_topic');
  settable(builder, { ...named(component), schema, source, topic, form });
}

const NO_TEMPLATE = (name: string): string => `${name} is more than one value`;

interface Settable {
  readonly name: string;
  readonly title: string;
  readonly semantic?: string;
  readonly schema: ScalarSchema;
  readonly source: Source | undefined;
  /** Where it is set; undefined: nowhere. */
  readonly topic: string | undefined;
  readonly form: PayloadForm | undefined;
}

/** Confirmed by its state where it reports one. */
function settable(builder: MappingBuilder, { source, topic, form, ...rest }: Settable): void {
  const confirmation = source ? 'state' : 'delivery';
  const target = topic !== undefined && form ? ({ topic, form, confirmation } as const) : undefined;
  if (!source && !target) builder.leaveOut(rest.name, 'names no topic that is understood');
  else builder.property({ ...rest, ...(source && { source }), ...(target && { target }) });
}

function addPress(
  builder: MappingBuilder,
  component: Component,
  press: Readonly<Record<'name' | 'topic' | 'payload' | 'by', string>> & {
    readonly title?: string;
  },
): void {
  const { name, topic, title = titleOf(component) } = press;
  const payload = component.config.text(press.payload) ?? press.by;
  builder.action({ name, title, topic, payload, confirmation: 'delivery' });
}

function sourceOf(
  builder: MappingBuilder,
  { config, objectId }: Component,
  {
    topic: topicName = 'state_topic',
    template = 'value_template',
    words,
  }: {
    readonly topic?: string;
    readonly template?: string;
    readonly words?: Readonly<Record<string, boolean | string>>;
  } = {},
): Source | undefined {
  const topic = config.text(topicName);
  const form = formOfTemplate(config.text(template));
  if (topic === undefined) builder.leaveOut(objectId, `names no ${topicName}`);
  else if (!form) builder.leaveOut(objectId, `${template} is no single place in the message`);
  if (topic === undefined || !form) return undefined;
  return {
    topic,
    form: { ...form, ...(words ? { words } : {}) },
    // One message of many values need not have each of them.
    ...(form.kind === 'json' ? { isOptional: true } : {}),
  };
}

function named(component: Component): Pick<Settable, 'name' | 'title' | 'semantic'> {
  const { config, objectId } = component;
  const deviceClass = config.text('device_class');
  const isDiagnostic = config.text('entity_category') === 'diagnostic';
  const meaning = isDiagnostic
    ? `diagnostic.${deviceClass ?? objectId}`
    : component.platform.endsWith('sensor') && deviceClass !== undefined
      ? `sensor.${deviceClass}`
      : undefined;
  return {
    ...{ name: objectId, title: titleOf(component) },
    ...(meaning === undefined ? {} : { semantic: meaning.slice(0, LIMITS.unitLink.semanticChars) }),
  };
}

function titleOf({ config, objectId }: Component, what?: string): string {
  const title = config.text('name') ?? config.text('device_class') ?? objectId;
  if (what === undefined) return title;
  return config.has('name') ? `${title}: ${what}` : what;
}

function wordsOf(on: string, off: string): Words {
  return { [on]: true, [off]: false };
}

function choicesOf(options: readonly string[]): { readonly enum?: string[] } {
  return options.length === 0 ? {} : { enum: [...options] };
}

function brightnessOf(config: Config): ScalarSchema {
  const maximum = config.number('brightness_scale') ?? DEFAULT_SCALE;
  return { type: 'integer', minimum: 0, maximum };
}

/** Classes of sensors that say no number. */
const TEXT_CLASSES: ReadonlySet<string> = new Set(['enum', 'timestamp', 'date', 'uptime']);

function isMeasured(config: Config): boolean {
  const deviceClass = config.text('device_class');
  return deviceClass !== undefined && !TEXT_CLASSES.has(deviceClass);
}
