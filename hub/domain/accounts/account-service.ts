import { FOUNDER, type Role } from '#protocol/access/roles.ts';
import { AppError } from '#protocol/errors.ts';
import type { AccountEventsPage, AccountEventsQuery } from '#protocol/http/account-events.ts';
import type {
  PasswordChange,
  SessionView,
  SignInRequest,
  SignUpMode,
  SignUpRequest,
  UserView,
} from '#protocol/http/accounts.ts';
import { type SiteId, UserId, newId } from '#protocol/ids.ts';
import type { Clock } from '#platform/clock.ts';
import { accountEventsBefore } from '../../store/account-events.ts';
import { WRITERS } from '../../store/writers.ts';
import { isOpenInvitation, claimInvitation } from '../../store/invitations.ts';
import type { Db } from '../../store/schema.ts';
import type { UnitOfWork, Work } from '../../store/unit-of-work.ts';
import { deleteOtherSessions } from '../../store/sessions.ts';
import { insertSite, sitesWithoutOwner } from '../../store/sites.ts';
import {
  anyUser,
  findUser,
  findUserByEmail,
  insertUser,
  setPasswordHash,
  type UserRecord,
  userView,
} from '../../store/users.ts';
import { type SessionPrincipal, actorOf } from './principal.ts';
import type { HashOwner, PasswordHasher } from './password-hasher.ts';
import { checkPassword } from './password-rule.ts';
import { putMember } from './put-member.ts';
import type { PasswordTries } from './password-tries.ts';
import type { Revocations } from './revocations.ts';
import { hashSecret } from './secrets.ts';
import type { NewSession, SessionService } from './session-service.ts';
import { isSetupCode, claimSetupCode } from './setup-code.ts';

export interface AccountServiceDeps {
  readonly db: Db;
  readonly unitOfWork: UnitOfWork;
  readonly clock: Clock;
  readonly hasher: PasswordHasher;
  readonly passwordTries: PasswordTries;
  readonly sessions: SessionService;
  readonly revocations: Revocations;
  /** Who may sign up once there is an account. */
  readonly signUp: Exclude<SignUpMode, 'setup'>;
}

/** Where a call comes from, by what its address is counted by. */
export interface Client {
  readonly address: string;
  readonly userAgent: string;
}

export interface SignedIn {
  readonly session: NewSession;
  readonly view: SessionView;
}

/** A site that a new account belongs to. */
interface FirstSite {
  readonly siteId: SiteId;
  readonly role: Role;
  readonly isNew: boolean;
}

const FIRST_NAME = 'Home';

/** Making accounts, signing in, changing passwords. */
export class AccountService {
  readonly #deps: AccountServiceDeps;

  constructor(deps: AccountServiceDeps) {
    this.#deps = deps;
  }

  async signUp(request: SignUpRequest, from: Client): Promise<SignedIn> {
    const { db, unitOfWork, clock, hasher, sessions } = this.#deps;
    // The cheap checks come before the hash, which is not computed for unauthenticated callers.
    await this.#checkSignUp(db, request, (await anyUser(db)) ? this.#deps.signUp : 'setup');
    checkPassword(request.password, request);
    const passwordHash = await hasher.hash(request.password, from.address);
    const nowMs = clock.nowMs();
    const user = {
      id: newId(UserId, nowMs),
      email: request.email,
      name: request.name,
      passwordHash,
      createdAtMs: nowMs,
    };
    return await unitOfWork.run(async (work) => {
      const { tx } = work;
      await work.hold('hub');
      const mode = (await anyUser(tx)) ? this.#deps.signUp : 'setup';
      await this.#checkSignUp(tx, request, mode);
      const sites = await this.#claimSites(work, request, mode);
      // Only those who may sign up learn whether an address is in use.
      if (await findUserByEmail(tx, request.email)) throw new AppError('email_taken');
      await insertUser(tx, user);
      const actor = { kind: 'person', id: user.id } as const;
      const data = { name: user.name };
      work.emitForAccount({ account: user.id, type: 'account.created', actor, data });
      for (const { siteId, role, isNew } of sites) {
        if (isNew)
          work.emit({ site: siteId, type: 'site.added', actor, data: { name: FIRST_NAME } });
        await putMember(work, { siteId, role, user, nowMs, actor });
      }
      const session = await sessions.open(work, user.id, from.userAgent);
      return { session, view: { user: userView(user), signUp: this.#deps.signUp } };
    }, WRITERS.unauthenticated);
  }

  async signIn(request: SignInRequest, from: Client): Promise<SignedIn> {
    const { unitOfWork, sessions } = this.#deps;
    const user = await this.authenticate(request, from);
    const session = await unitOfWork.run(
      (work) => sessions.open(work, user.id, from.userAgent),
      user.id,
    );
    return { session, view: { user: userView(user), signUp: this.#deps.signUp } };
  }

  /** The account that has this password, where it is sent again each time: opens no session. */
  async authenticate(request: SignInRequest, from: Pick<Client, 'address'>): Promise<UserRecord> {
    const { db, passwordTries } = this.#deps;
    const found = await findUserByEmail(db, request.email);
    const user = await this.#checked(request.password, found, {
      owner: from.address,
      count: () => passwordTries.bySignIn(request.email, from.address),
    });
    await passwordTries.signedIn(request.email, from.address);
    return user;
  }

  /** The password again, before an action that cannot be undone remotely. */
  async reauthenticate(caller: SessionPrincipal, password: string): Promise<void> {
    await this.#checkPerson(caller, password);
    await this.#deps.sessions.markReauthenticated(caller);
  }

  /** Sets a new password and ends every other session of the person. */
  async changePassword(caller: SessionPrincipal, change: PasswordChange): Promise<void> {
    const { unitOfWork, hasher, revocations } = this.#deps;
    const user = await this.#checkPerson(caller, change.current);
    checkPassword(change.next, user);
    const passwordHash = await hasher.hash(change.next, user.id);
    await unitOfWork.run(async ({ tx, emitForAccount, wake, hold }) => {
      await hold({ account: user.id });
      await setPasswordHash(tx, user.id, passwordHash);
      const ended = await deleteOtherSessions(tx, user.id, caller.sessionId);
      emitForAccount({
        account: user.id,
        type: 'account.password_changed',
        actor: actorOf(caller),
        data: { sessionsEnded: ended.length },
      });
      wake(() => {
        for (const sessionId of ended) revocations.announce({ kind: 'session', sessionId });
      });
    }, user.id);
  }

  /** What concerned the security of the account, newest first. */
  async events(userId: UserId, { before, limit }: AccountEventsQuery): Promise<AccountEventsPage> {
    const { events, end } = await accountEventsBefore(this.#deps.db, userId, { before, limit });
    return { events, next: end ?? null };
  }

  /** What a page needs to know first: who is signed in, and who may sign up. */
  async view(userId: UserId | undefined): Promise<SessionView> {
    const { db } = this.#deps;
    const user = userId === undefined ? null : await this.#userView(userId);
    if (user) return { user, signUp: this.#deps.signUp };
    return { user: null, signUp: (await anyUser(db)) ? this.#deps.signUp : 'setup' };
  }

  async user(userId: UserId): Promise<UserView> {
    const user = await this.#userView(userId);
    if (!user) throw new AppError('unauthenticated');
    return user;
  }

  async #checkPerson(caller: SessionPrincipal, password: string): Promise<UserRecord> {
    const user = await findUser(this.#deps.db, caller.userId);
    if (!user) throw new AppError('unauthenticated');
    const { passwordTries } = this.#deps;
    const checked = await this.#checked(password, user, {
      owner: caller.userId,
      count: () => passwordTries.inSession(caller.userId),
    });
    await passwordTries.reauthenticated(caller.userId);
    return checked;
  }

  /** Whether the password is that of the user; the tries are bounded. */
  async #checked(
    password: string,
    user: UserRecord | undefined,
    {
      owner,
      count,
    }: { readonly owner: HashOwner; readonly count: () => Promise<number | undefined> },
  ): Promise<UserRecord> {
    // Counted whether or not the account exists, so that the answer does not reveal it.
    const retryAfterSeconds = await count();
    if (retryAfterSeconds !== undefined) {
      throw new AppError('rate_limited', { details: { retryAfterSeconds } });
    }
    const verdict = await this.#deps.hasher.verify(user?.passwordHash, password, owner);
    if (verdict === 'wrong' || !user) throw new AppError('credentials_invalid');
    if (verdict === 'outdated') await this.#rehash(user, password);
    return user;
  }

  async #rehash({ id }: UserRecord, password: string): Promise<void> {
    const { unitOfWork, hasher } = this.#deps;
    const passwordHash = await hasher.hash(password, id);
    await unitOfWork.run(({ tx }) => setPasswordHash(tx, id, passwordHash), id);
  }

  async #userView(userId: UserId): Promise<UserView | null> {
    const user = await findUser(this.#deps.db, userId);
    return user ? userView(user) : null;
  }

  /** Refuses who may not sign up; uses nothing up. */
  async #checkSignUp(db: Db, request: SignUpRequest, mode: SignUpMode): Promise<void> {
    const { setupCode, invitation } = request;
    switch (mode) {
      case 'setup':
        if (setupCode === undefined || !(await isSetupCode(db, setupCode))) {
          throw new AppError('setup_code_invalid');
        }
        return;
      case 'invite':
        if (setupCode !== undefined) throw new AppError('setup_code_invalid');
        if (invitation === undefined) throw new AppError('invitation_invalid');
        break;
      case 'open':
        break;
      case 'closed':
        throw new AppError('sign_up_closed');
      default:
        return mode satisfies never;
    }
    const nowMs = this.#deps.clock.nowMs();
    if (invitation !== undefined && !(await isOpenInvitation(db, hashSecret(invitation), nowMs))) {
      throw new AppError('invitation_invalid');
    }
  }

  /** Uses up what the person was let in with; the sites that it opens. */
  async #claimSites({ tx }: Work, request: SignUpRequest, mode: SignUpMode): Promise<FirstSite[]> {
    const nowMs = this.#deps.clock.nowMs();
    if (mode === 'setup') {
      if (!(await claimSetupCode(tx, request.setupCode ?? ''))) {
        throw new AppError('setup_code_invalid');
      }
      const siteIds = await sitesWithoutOwner(tx);
      return siteIds.map((siteId) => ({ siteId, role: FOUNDER, isNew: false }));
    }
    if (request.invitation !== undefined) {
      const invitation = await claimInvitation(tx, hashSecret(request.invitation), nowMs);
      if (!invitation) throw new AppError('invitation_invalid');
      return [{ siteId: invitation.siteId, role: invitation.role, isNew: false }];
    }
    const site = await insertSite(tx, FIRST_NAME, nowMs);
    return [{ siteId: site.id, role: FOUNDER, isNew: true }];
  }
}
