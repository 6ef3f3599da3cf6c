import { type SiteDelta, type SitePartBody, type SitePartName, SiteParts } from './site-channel.ts';

const PARSERS: { readonly [N in SitePartName]: (body: unknown) => SitePartBody<N> } = {
  'unit.changed': (body) => SiteParts['unit.changed'].parse(body),
  'unit.values': (body) => SiteParts['unit.values'].parse(body),
  'unit.removed': (body) => SiteParts['unit.removed'].parse(body),
  'unit.event': (body) => SiteParts['unit.event'].parse(body),
  'base.changed': (body) => SiteParts['base.changed'].parse(body),
  'base.removed': (body) => SiteParts['base.removed'].parse(body),
  'command.changed': (body) => SiteParts['command.changed'].parse(body),
  'command.progress': (body) => SiteParts['command.progress'].parse(body),
  'readings.added': (body) => SiteParts['readings.added'].parse(body),
  'readings.dropped': (body) => SiteParts['readings.dropped'].parse(body),
  'rollout.changed': (body) => SiteParts['rollout.changed'].parse(body),
  'update.progress': (body) => SiteParts['update.progress'].parse(body),
};

/** What deltas bring under one name, in their order. */
export function bodiesOf<N extends SitePartName>(
  deltas: readonly SiteDelta[],
  name: N,
): SitePartBody<N>[] {
  const parse: (body: unknown) => SitePartBody<N> = PARSERS[name];
  return deltas
    .flatMap(({ parts }) => parts)
    .filter((part) => part.name === name)
    .map(({ body }) => parse(body));
}
