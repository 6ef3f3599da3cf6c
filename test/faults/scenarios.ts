import type { Scenario } from './scenario.ts';
import { basesMove } from './scenarios/bases-move.ts';
import { basesReconnect } from './scenarios/bases-reconnect.ts';
import { busyHubs } from './scenarios/busy-hubs.ts';
import { clockAhead } from './scenarios/clock-ahead.ts';
import { clockJumps } from './scenarios/clock-jumps.ts';
import { clockUnset } from './scenarios/clock-unset.ts';
import { crashAfterCommit } from './scenarios/crash-after-commit.ts';
import { cutHub } from './scenarios/cut-hub.ts';
import { databaseAway } from './scenarios/database-away.ts';
import { deviceCommands, deviceCommandsOfTwo } from './scenarios/device-commands.ts';
import { diskFullAtBase, diskFullAtHub } from './scenarios/disk-full.ts';
import { halfOpen } from './scenarios/half-open.ts';
import { hubAway } from './scenarios/hub-away.ts';
import { killAtEachStage } from './scenarios/kill-at-each-stage.ts';
import { linkCuts } from './scenarios/link-cuts.ts';
import { basePutBack, hubPutBack } from './scenarios/put-back.ts';
import { mqttKills, mqttKillsOfTwo } from './scenarios/mqtt-kills.ts';
import { redisAway } from './scenarios/redis-away.ts';
import { rollingRestart } from './scenarios/rolling-restart.ts';
import { silentUnit } from './scenarios/silent-unit.ts';
import { stalledReader } from './scenarios/stalled-reader.ts';
import { twoHubs } from './scenarios/two-hubs.ts';
import { dyingHub } from './scenarios/dying-hub.ts';
import { competingBases } from './scenarios/competing-bases.ts';
import { unitReboots } from './scenarios/unit-reboots.ts';
import { unitsReconnect } from './scenarios/units-reconnect.ts';
import { webhooks } from './scenarios/webhooks.ts';

/** In the order they are played. */
export const SCENARIOS: readonly Scenario[] = [
  killAtEachStage,
  crashAfterCommit,
  linkCuts,
  halfOpen,
  unitReboots,
  competingBases,
  silentUnit,
  webhooks,
  diskFullAtBase,
  diskFullAtHub,
  twoHubs,
  mqttKills,
  mqttKillsOfTwo,
  deviceCommands,
  deviceCommandsOfTwo,
  ...busyHubs,
  ...dyingHub,
  ...cutHub,
  ...databaseAway,
  ...redisAway,
  ...rollingRestart,
  ...basesMove,
  clockJumps,
  clockAhead,
  clockUnset,
  stalledReader,
  unitsReconnect,
  basesReconnect,
  hubAway,
  basePutBack,
  hubPutBack,
];
