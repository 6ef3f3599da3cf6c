import { AppError } from '#protocol/errors.ts';
import { sharedSetting } from '../hubs/shared-setting.ts';
import { newBoxKey, SecretBox } from './secret-box.ts';

/** The box whose key all hubs on a database share, and the first of them made. */
export class SharedBox {
  #box: SecretBox | undefined;

  async open(needs: Parameters<typeof sharedSetting>[0]): Promise<void> {
    const key = await sharedSetting(needs, 'webhook_key', () => Promise.resolve(newBoxKey()));
    this.#box = new SecretBox(key);
  }

  /** @throws AppError `not_ready` before it was opened */
  readonly current = (): SecretBox => {
    if (!this.#box) throw new AppError('not_ready');
    return this.#box;
  };
}
