import type { UnitId } from '#protocol/ids.ts';
import type { UnitProcess } from '../../harness/unit-process.ts';
import type { FaultProxy } from '../proxy/fault-proxy.ts';
import type { UnitTap } from '../proxy/unit-tap.ts';

/** A C++ unit that the base reaches over a stretch of bad network. */
export interface FaultUnit {
  readonly id: UnitId;
  readonly process: UnitProcess;
  readonly proxy: FaultProxy;
  readonly tap: UnitTap;
}
