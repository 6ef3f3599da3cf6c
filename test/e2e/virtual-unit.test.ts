import { expect, it } from 'vitest';
import { describeOnVirtualUnits } from '../harness/describe-system.ts';

describeOnVirtualUnits('the system', (system) => {
  it('carries a command to the lamp and its result back', async () => {
    const lamp = system().unit('lamp');
    const { command } = await lamp.command(
      { verb: 'invoke', affordance: 'color', input: '#ff8800' },
      { wait: 10 },
    );
    expect(command).toMatchObject({ state: 'succeeded', output: '#ff8800' });
  });

  it('brings readings live', async () => {
    const light = system().unit('light_sensor');
    const socket = await system().watch();
    const { readings } = await socket.delta('readings.added', ({ unitId }) => unitId === light.id);
    expect(readings[0]?.property).toBe('illuminance');
  });

  it('describes its units as the firmware does', async () => {
    const lamp = await system().unit('lamp').view();
    expect(Object.keys(lamp.description?.properties ?? {})).toEqual(
      expect.arrayContaining(['on', 'color', 'brightness', 'rssi', 'uptime']),
    );
    expect(Object.keys(lamp.description?.actions ?? {})).toEqual(
      expect.arrayContaining(['gpioRead', 'gpioWrite', 'reset', 'uartWrite']),
    );
  });
});
