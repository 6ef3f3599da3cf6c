import { posix } from 'node:path';

export type Area =
  | 'protocol'
  | 'platform'
  | 'client'
  | 'hub'
  | 'base-unit'
  | 'dashboard'
  | 'firmware/virtual'
  | 'cli'
  | 'test'
  | 'elsewhere';

/** The arrows of ARCHITECTURE.md: which areas an area may import besides itself. */
export const ARROWS: Readonly<Record<Exclude<Area, 'elsewhere'>, readonly Area[]>> = {
  protocol: [],
  platform: ['protocol'],
  client: ['protocol'],
  hub: ['protocol', 'platform'],
  'base-unit': ['protocol', 'platform'],
  dashboard: ['protocol', 'client'],
  'firmware/virtual': ['protocol', 'platform'],
  cli: ['protocol', 'platform', 'client', 'hub', 'base-unit', 'firmware/virtual'],
  test: [
    'protocol',
    'platform',
    'client',
    'hub',
    'base-unit',
    'dashboard',
    'firmware/virtual',
    'cli',
  ],
};

export function areaOf(path: string): Area {
  const [first, second] = path.split('/');
  switch (first) {
    case 'protocol':
    case 'platform':
    case 'client':
    case 'hub':
    case 'base-unit':
    case 'dashboard':
    case 'cli':
    case 'test':
      return first;
    case 'firmware':
      return second === 'virtual' ? 'firmware/virtual' : 'elsewhere';
    default:
      return 'elsewhere';
  }
}

/** The file an import leads to, from the root; undefined for a package or a built-in. */
export function importedPath(from: string, specifier: string): string | undefined {
  if (specifier.startsWith('#')) return specifier.slice(1);
  if (!specifier.startsWith('.')) return undefined;
  return posix.normalize(posix.join(posix.dirname(from), specifier));
}

/** The package of an import: `@fastify/helmet`, `kysely`, `node:net`; undefined for own files. */
export function importedPackage(specifier: string): string | undefined {
  if (specifier.startsWith('.') || specifier.startsWith('#')) return undefined;
  const [scope, name] = specifier.split('/');
  return specifier.startsWith('@') ? `${scope}/${name}` : scope;
}
