/** What is noted of a transaction: the events that it stored by type, the cursors that it moved, and messages. */
const STORING = /^insert into "(site_events|account_events|event_cursors|mqtt_messages)"/;
const MESSAGE = 'message of MQTT';

/**
 * Lets each commit of a program's databases pass through `around`, with what the
 * transaction has stored: types of events, `cursor of <consumer>`, and `message of MQTT`.
 *
 * @param {typeof import('better-sqlite3')} Database the module that the program uses.
 * @param {(stored: ReadonlySet<string>, commit: () => unknown) => unknown} around
 */
export function watchCommits(Database, around) {
  const { prepare } = Database.prototype;
  /** A program may have several: a transaction is of one. */
  const storedIn = new WeakMap();
  Database.prototype.prepare = function prepareWatched(sql) {
    const statement = prepare.call(this, sql);
    const stored = storedIn.get(this) ?? new Set();
    storedIn.set(this, stored);
    const [, table] = STORING.exec(sql) ?? [];
    if (table === 'mqtt_messages') {
      wrap(statement, (run) => {
        stored.add(MESSAGE);
        return run();
      });
    } else if (table !== undefined) {
      const column = table === 'event_cursors' ? 'consumer' : 'type';
      const place = columnsOf(sql).indexOf(column);
      wrap(statement, (run, parameters) => {
        const value = parameters[place];
        stored.add(table === 'event_cursors' ? `cursor of ${value}` : value);
        return run();
      });
    } else if (sql === 'commit') {
      wrap(statement, (run) => {
        const what = new Set(stored);
        stored.clear();
        return around(what, run);
      });
    } else if (sql === 'begin' || sql === 'rollback') {
      wrap(statement, (run) => {
        stored.clear();
        return run();
      });
    }
    return statement;
  };
}

function wrap(statement, around) {
  for (const name of ['run', 'all', 'get']) {
    const call = statement[name];
    statement[name] = (...parameters) =>
      around(() => call.apply(statement, parameters), parameters);
  }
}

function columnsOf(sql) {
  const [, columns = ''] = /\(([^)]*)\)/.exec(sql) ?? [];
  return columns.split(',').map((column) => column.trim().replaceAll('"', ''));
}
