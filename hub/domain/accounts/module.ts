import type { SignUpMode } from '#protocol/http/accounts.ts';
import type { Module } from '#platform/assembly.ts';
import type { Foundation } from '../../store/module.ts';
import { AccountService } from './account-service.ts';
import { DeviceLogins } from './device-logins.ts';
import { type PasswordCost, PasswordHasher } from './password-hasher.ts';
import { PasswordTries } from './password-tries.ts';
import { Revocations } from './revocations.ts';
import { SessionService } from './session-service.ts';
import { TokenService } from './token-service.ts';

export interface AccountsNeeds extends Foundation {
  /** Who may sign up once there is an account. */
  readonly signUp: Exclude<SignUpMode, 'setup'>;
  readonly passwordCost: PasswordCost;
}

export interface AccountsOffers {
  readonly revocations: Revocations;
  readonly sessions: SessionService;
  readonly tokens: TokenService;
  readonly deviceLogins: DeviceLogins;
  readonly accounts: AccountService;
}

export function accountsModule(needs: AccountsNeeds): Module<AccountsOffers> {
  const { passwordCost } = needs;
  const revocations = new Revocations();
  const hasher = new PasswordHasher({ cost: passwordCost });
  const sessions = new SessionService({ ...needs, revocations });
  const tokens = new TokenService({ ...needs, revocations });
  const accounts = new AccountService({
    ...needs,
    hasher,
    passwordTries: new PasswordTries(needs),
    sessions,
    revocations,
  });
  const deviceLogins = new DeviceLogins({ ...needs, tokens });
  return {
    offers: { revocations, sessions, tokens, deviceLogins, accounts },
    gauges: () => ({ hashes: hasher.size }),
  };
}
