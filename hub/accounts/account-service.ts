import { AppError } from '#protocol/errors.ts';
import type {
  PasswordChange,
  SessionView,
  SignInRequest,
  SignUpMode,
  SignUpRequest,
  UserView,
} from '#protocol/http/accounts.ts';
import { UserId, newId } from '#protocol/ids.ts';
import type { Clock } from '../clock.ts';
import type { GroupCommit } from '../store/group-commit.ts';
import { takeInvitation } from '../store/invitations.ts';
import type { Db, Tx } from '../store/schema.ts';
import { deleteOtherSessions } from '../store/sessions.ts';
import { addMember, insertSite, sitesWithoutOwner } from '../store/sites.ts';
import {
  anyUser,
  findUser,
  findUserByEmail,
  insertUser,
  setPasswordHash,
  userView,
} from '../store/users.ts';
import type { SessionCaller } from './caller.ts';
import type { PasswordHasher } from './password-hasher.ts';
import { checkPassword } from './password-rule.ts';
import type { Revocations } from './revocations.ts';
import { hashSecret } from './secrets.ts';
import type { NewSession, SessionService } from './session-service.ts';
import { takeSetupCode } from './setup-code.ts';

export interface AccountServiceDeps {
  readonly db: Db;
  readonly writer: GroupCommit;
  readonly clock: Clock;
  readonly hasher: PasswordHasher;
  readonly sessions: SessionService;
  readonly revocations: Revocations;
  /** Who may sign up once there is an account. */
  readonly signUp: Exclude<SignUpMode, 'setup'>;
}

export interface SignedIn {
  readonly session: NewSession;
  readonly view: SessionView;
}

/** Making accounts, signing in, changing passwords. */
export class AccountService {
  readonly #deps: AccountServiceDeps;

  constructor(deps: AccountServiceDeps) {
    this.#deps = deps;
  }

  async signUp(request: SignUpRequest, userAgent: string): Promise<SignedIn> {
    const { db, writer, clock, hasher, sessions } = this.#deps;
    // The cheap refusals come before the hash, which is made for no stranger.
    this.#checkSignUp(request, (await anyUser(db)) ? this.#deps.signUp : 'setup');
    checkPassword(request.password, request);
    const passwordHash = await hasher.hash(request.password);
    const nowMs = clock.now();
    const user = {
      id: newId(UserId, nowMs),
      email: request.email,
      name: request.name,
      password_hash: passwordHash,
      created_at: nowMs,
    };
    return await writer.run(async (tx) => {
      const mode = (await anyUser(tx)) ? this.#deps.signUp : 'setup';
      this.#checkSignUp(request, mode);
      // Whoever may sign up learns whether an address is taken; nobody else does.
      if (mode !== 'setup' && (await findUserByEmail(tx, request.email))) {
        throw new AppError('email_taken');
      }
      await insertUser(tx, user);
      await this.#giveSites(tx, { request, mode, userId: user.id });
      const session = await sessions.open(tx, user.id, userAgent);
      return { session, view: { user: userView(user), signUp: this.#deps.signUp } };
    });
  }

  async signIn(request: SignInRequest, userAgent: string): Promise<SignedIn> {
    const { db, writer, hasher, sessions } = this.#deps;
    const user = await findUserByEmail(db, request.email);
    if (!(await hasher.verify(user?.password_hash, request.password)) || !user) {
      throw new AppError('credentials_invalid');
    }
    const session = await writer.run((tx) => sessions.open(tx, user.id, userAgent));
    return { session, view: { user: userView(user), signUp: this.#deps.signUp } };
  }

  /** Sets a new password and ends every other session of the person. */
  async changePassword(caller: SessionCaller, change: PasswordChange): Promise<void> {
    const { db, writer, hasher, revocations } = this.#deps;
    const user = await findUser(db, caller.userId);
    if (!user) throw new AppError('unauthenticated');
    if (!(await hasher.verify(user.password_hash, change.current))) {
      throw new AppError('credentials_invalid');
    }
    checkPassword(change.next, user);
    const passwordHash = await hasher.hash(change.next);
    const ended = await writer.run(async (tx) => {
      await setPasswordHash(tx, user.id, passwordHash);
      return await deleteOtherSessions(tx, user.id, caller.sessionId);
    });
    for (const sessionId of ended) revocations.announce({ kind: 'session', sessionId });
  }

  /** What a page needs to know first: who is signed in, and who may sign up. */
  async view(userId: UserId | undefined): Promise<SessionView> {
    const { db } = this.#deps;
    const user = userId === undefined ? null : await this.#userView(userId);
    if (user) return { user, signUp: this.#deps.signUp };
    return { user: null, signUp: (await anyUser(db)) ? this.#deps.signUp : 'setup' };
  }

  async #userView(userId: UserId): Promise<UserView | null> {
    const user = await findUser(this.#deps.db, userId);
    return user ? userView(user) : null;
  }

  #checkSignUp(request: SignUpRequest, mode: SignUpMode): void {
    switch (mode) {
      case 'setup':
        if (request.setupCode === undefined) throw new AppError('setup_code_invalid');
        return;
      case 'invite':
        if (request.setupCode !== undefined) throw new AppError('setup_code_invalid');
        if (request.invitation === undefined) throw new AppError('invitation_invalid');
        return;
      case 'open':
        return;
      case 'closed':
        throw new AppError('sign_up_closed');
      default:
        return mode satisfies never;
    }
  }

  async #giveSites(
    tx: Tx,
    account: {
      readonly request: SignUpRequest;
      readonly mode: SignUpMode;
      readonly userId: UserId;
    },
  ): Promise<void> {
    const { request, mode, userId } = account;
    const nowMs = this.#deps.clock.now();
    if (mode === 'setup') {
      if (!(await takeSetupCode(tx, request.setupCode ?? ''))) {
        throw new AppError('setup_code_invalid');
      }
      for (const siteId of await sitesWithoutOwner(tx)) {
        await addMember(tx, { siteId, userId, role: 'owner', nowMs });
      }
    } else if (request.invitation !== undefined) {
      const invitation = await takeInvitation(tx, hashSecret(request.invitation), nowMs);
      if (!invitation) throw new AppError('invitation_invalid');
      await addMember(tx, { siteId: invitation.site_id, userId, role: invitation.role, nowMs });
    } else {
      const site = await insertSite(tx, 'Home', nowMs);
      await addMember(tx, { siteId: site.id, userId, role: 'owner', nowMs });
    }
  }
}
