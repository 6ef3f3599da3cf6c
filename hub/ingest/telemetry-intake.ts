import type { BaseEventBody } from '#protocol/hub-link/base-events.ts';
import type { CommandReports } from '../domain/commands/command-reports.ts';
import type { ReadingService } from '../domain/readings/reading-service.ts';
import type { OwnedRecords } from '../domain/units/owned-records.ts';
import type { ReportContext, UnitReports } from '../domain/units/unit-reports.ts';

type UnitReportType =
  | ('command.finished' | 'readings.recorded' | 'readings.dropped')
  | ('unit.presence' | 'unit.described' | 'unit.event');

/** What any source may report of a unit, whatever it spoke before it came here. */
export type UnitReport = Extract<BaseEventBody, { type: UnitReportType }>;

export interface TelemetryIntakeDeps {
  readonly owned: OwnedRecords;
  readonly commandReports: CommandReports;
  readonly unitReports: UnitReports;
  readonly readings: ReadingService;
}

/**
 * The one entry for reports of units, in the unit of work of the context. A source authenticates,
 * deduplicates, and converts times to the hub's clock; the rest is the same for all sources.
 */
export class TelemetryIntake {
  readonly #deps: TelemetryIntakeDeps;

  constructor(deps: TelemetryIntakeDeps) {
    this.#deps = deps;
  }

  /** @throws AppError `event_foreign` for what is not the source's, and why a report is refused. */
  async accept(report: UnitReport, context: ReportContext): Promise<void> {
    const { commandReports, unitReports, readings, owned } = this.#deps;
    const { source, work } = context;
    const { tx } = work;
    switch (report.type) {
      case 'command.finished': {
        const command = await owned.command(tx, source, report.data.commandId);
        await commandReports.finished(work, command, { ...context, finished: report.data });
        return;
      }
      case 'readings.recorded': {
        const unit = await owned.unit(tx, source, report.data.unitId);
        await readings.store(report.data, { ...context, unit });
        return;
      }
      case 'readings.dropped': {
        const unit = await owned.unit(tx, source, report.data.unitId);
        await readings.dropped(report.data, { ...context, unit });
        return;
      }
      case 'unit.presence': {
        const unit = await owned.plainUnit(tx, source, report.data.unitId);
        await unitReports.presence(unit, report.data, context);
        return;
      }
      case 'unit.described': {
        const unit = await owned.plainUnit(tx, source, report.data.unitId);
        await unitReports.described(unit, report.data, context);
        return;
      }
      case 'unit.event': {
        const unit = await owned.unit(tx, source, report.data.unitId);
        unitReports.event(unit, report.data, context);
        return;
      }
      default:
        report satisfies never;
    }
  }
}
