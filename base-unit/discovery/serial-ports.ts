import { readdir } from 'node:fs/promises';
import { LIMITS } from '#protocol/limits.ts';

/** What USB serial adapters are called: on Linux, and on macOS. */
const USB_SERIAL = /^(?:tty(?:USB|ACM)\d{1,3}|cu\.(?:usb|wchusb|SLAB_USB)[\w.-]{0,40})$/;

/** Serial ports at which a board may be plugged in. Nothing is opened: opening one can restart its board. */
export async function usbSerialPorts(folder = '/dev'): Promise<string[]> {
  const names = await readdir(folder).catch((): string[] => []);
  return names
    .filter((name) => USB_SERIAL.test(name))
    .sort()
    .slice(0, LIMITS.serialPorts)
    .map((name) => `/dev/${name}`);
}
