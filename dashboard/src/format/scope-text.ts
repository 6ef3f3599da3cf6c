import { ProgramScope, type TokenScope } from '#protocol/access/roles.ts';

const TEXTS: Readonly<Record<TokenScope, string>> = {
  read: 'Read',
  control: 'Read and control',
  manage: 'Read, control and manage',
  metrics: 'Metrics of the hub',
  app: 'One web app',
  device: 'One device',
};

/** What a token may do, in words. */
export function scopeText(scope: TokenScope): string {
  return TEXTS[scope];
}

/** What a person gives to a program, as a list to choose from. */
export const SCOPE_CHOICES: readonly { readonly value: ProgramScope; readonly label: string }[] =
  ProgramScope.options.map((value) => ({ value, label: scopeText(value) }));
